"""Reading scanned answer sheets: regions by a template, printed text, ticked bubbles, and how good the scan is."""
