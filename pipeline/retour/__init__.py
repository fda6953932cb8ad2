"""What recipients answer: retourberichten, verdicts, and what is done with them."""
