"""Who enters a comparison, from when on, and what is measured of them."""
