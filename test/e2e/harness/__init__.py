"""What the end-to-end tests stand on: a real control plane, irsa processes, and waiting without guessing."""
