"""A receiver for webhooks: verified events go into a store."""
