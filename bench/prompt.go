package main

import "time"

// dial opens a socket for a prompt.
func (s *server) dial(buffer int) (c *client, err error) {
	where := socket{addr: s.addr, path: "/ws/claude", buffer: buffer}
	if s.greets {
		c, err = where.dialFor(infoFrame)
	} else {
		c, err = where.dial()
	}
	if err == nil {
		c.bare = s.bare
	}
	return c, err
}

// prompt runs one prompt on a new socket.
func (s *server) prompt(prompt string) (received, error) {
	return s.promptPatiently(longSilence, prompt)
}

// promptPatiently gives up when nothing comes for so long.
func (s *server) promptPatiently(silence time.Duration, prompt string) (received, error) {
	c, err := s.dial(clientBuf)
	if err != nil {
		return received{}, err
	}
	defer c.close()
	c.conn.silence = silence
	if err := c.send(prompt); err != nil {
		return received{}, err
	}
	return c.drain()
}
