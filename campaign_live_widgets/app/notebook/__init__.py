"""The classes that people use in notebooks."""

from campaign_live_widgets.app.notebook import error_card

error_card.install()
