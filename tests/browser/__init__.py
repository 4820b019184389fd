"""Tests that open the pages in a headless Chromium: `make test-browser`."""
