"""Language models as the studio hands them out: chosen, counted, held to caps, their answers kept."""
