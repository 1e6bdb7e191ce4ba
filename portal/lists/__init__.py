"""The portal's lists, each described once: its columns serve the page, CSV and XLSX."""
