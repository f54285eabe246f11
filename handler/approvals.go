package handler

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"spool/schema"
)

var errNoApproval = schema.NewError(schema.NotFound, "there is no such request for an approval")

// listApprovals answers GET /api/approvals: those that are open, of one conversation or of all.
func (s *Server) listApprovals(c *fiber.Ctx) error {
	id := c.Query("chat")
	if id != "" && !schema.ConversationID.MatchString(id) {
		return schema.ErrNoSession
	}
	ctx, cancel := call()
	defer cancel()
	open, err := s.chats.Approvals(ctx, user, id)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, schema.ApprovalList{Approvals: orEmpty(open)})
}

// approvalID returns the request for an approval of which a request is.
func approvalID(c *fiber.Ctx) (string, error) {
	id := c.Params("approval")
	if !schema.ApprovalID.MatchString(id) {
		return "", errNoApproval
	}
	return id, nil
}

// getApproval answers GET /api/approvals/{approval}, also of one that was answered.
func (s *Server) getApproval(c *fiber.Ctx) error {
	id, err := approvalID(c)
	if err != nil {
		return err
	}
	ctx, cancel := call()
	defer cancel()
	approval, err := s.chats.Approval(ctx, user, id)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, approval)
}

// decide answers POST /api/approvals/{approval}.
func (s *Server) decide(c *fiber.Ctx) error {
	id, err := approvalID(c)
	if err != nil {
		return err
	}
	decision, err := schema.DecodeDecision(c.Body())
	if err != nil {
		return err
	}
	ctx, cancel := call()
	defer cancel()
	decided, err := s.chats.Decide(ctx, user, id, decision, client(c.Context().RemoteAddr()))
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, decided)
}
