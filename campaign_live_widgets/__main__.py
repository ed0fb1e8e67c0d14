"""``python -m campaign_live_widgets``: the command line."""

from campaign_live_widgets.app.cli.main import main

if __name__ == "__main__":
    main()
