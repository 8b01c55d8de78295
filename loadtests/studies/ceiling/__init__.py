"""Each service beside a bare constant answer."""
