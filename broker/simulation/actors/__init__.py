"""Who acts in the simulated world: visitors, agents, supervisors, bots, and bad clients."""
