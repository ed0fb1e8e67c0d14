"""What every view is made of; the only thing that views share."""
