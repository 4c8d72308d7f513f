# Thin wrappers over run.py, which does the work (and also runs on Windows: python run.py VERB).
PYTHON ?= python3
ARGS ?=

.PHONY: setup run test check bench soak extra clean
setup run test check bench soak extra clean:
	@$(PYTHON) run.py $@ $(ARGS)
