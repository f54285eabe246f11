package main

func (s *server) dialMany(n, buffer int) (clients []*client, err error) {
	for range n {
		c, err := s.dial(buffer)
		if err != nil {
			return clients, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

func closeAll(clients []*client) {
	for _, c := range clients {
		c.close()
	}
}
