"""ComfyUI servers and the workflows they run."""
