# Two commands: `make book` and `make test`. Each target is a thin call of `python -m tools`, for those without make.
PYTHON ?= python3
FRAMEWORK ?=
export FRAMEWORK

.PHONY: book test serve lab data results bench pretrain check test-originals clean help
book test serve lab data results bench pretrain check test-originals clean:
	@"$(PYTHON)" -m tools $@

help:
	@"$(PYTHON)" -m tools --help
