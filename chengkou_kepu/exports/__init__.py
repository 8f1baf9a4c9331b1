"""What leaders take away: workbooks written from the same figures as the screens."""
