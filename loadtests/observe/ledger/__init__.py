"""The settings of running services, as read from them."""
