"""Every door of the house is knocked at with input nobody would send in good faith."""
