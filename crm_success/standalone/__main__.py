"""`python -m crm_success.standalone` is `crm-success`, for environments where the script is not installed."""

from crm_success.standalone.cli import main

if __name__ == "__main__":
	main()
