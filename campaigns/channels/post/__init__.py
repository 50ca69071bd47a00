"""Messages on paper: pages for a printer, drawn by WeasyPrint where a batch is made."""
