package schema

// Code names an error for programs. The set is fixed: clients branch on it.
type Code string

// What a client did wrong: close 1008, nothing was started.
const (
	InvalidJSON     Code = "INVALID_JSON"     // the message is not one strict JSON object
	InvalidPrompt   Code = "INVALID_PROMPT"   // missing, blank, too long, or holds a NUL
	InvalidMeta     Code = "INVALID_META"     // missing, too long, or outside A-Z 0-9 _ -
	InvalidOption   Code = "INVALID_OPTION"   // an option of the wrong type or range
	ForbiddenOption Code = "FORBIDDEN_OPTION" // an option this server does not allow
	Busy            Code = "BUSY"             // a second payload while the run goes on
	PromptTimeout   Code = "PROMPT_TIMEOUT"   // connected, but sent no payload in time
)

// What went wrong with the run: close 1011.
const (
	APIError       Code = "API_ERROR"        // the CLI's own result says is_error
	SpawnFailed    Code = "SPAWN_FAILED"     // the CLI could not be started
	ExitNonzero    Code = "EXIT_NONZERO"     // the CLI ended with a status other than 0
	KilledBySignal Code = "KILLED_BY_SIGNAL" // the CLI was ended by a signal not ours
	TimeoutWall    Code = "TIMEOUT_WALL"     // longer than the run timeout
	TimeoutIdle    Code = "TIMEOUT_IDLE"     // no output for longer than the idle timeout
	Incomplete     Code = "INCOMPLETE"       // exit 0, but the turn has no result
	OutputLimit    Code = "OUTPUT_LIMIT"     // more output than the server allows a run
	ProcessLimit   Code = "PROCESS_LIMIT"    // more processes than the server allows a run
	SlowClient     Code = "SLOW_CLIENT"      // the client took nothing for too long
	RunAborted     Code = "ABORTED"          // somebody has ended the run
	RunInterrupted Code = "INTERRUPTED"      // the server was stopped or killed, and the run with it
	StorageFull    Code = "STORAGE_FULL"     // the server's disk is nearly full
	OutputGone     Code = "OUTPUT_GONE"      // the run's output is no longer kept
	OutputDamaged  Code = "OUTPUT_DAMAGED"   // the kept output is not what the run has written
	ReplayGap      Code = "REPLAY_GAP"       // the place to go on from is behind the run's end
	Internal       Code = "INTERNAL"         // a fault of the server; the log has the cause
)

// What the server cannot do now: close 1013 and 1001.
const (
	Overloaded Code = "OVERLOADED" // every place and the queue are taken
	Draining   Code = "DRAINING"   // the server is being stopped
)

// What a conversation says no with, besides FORBIDDEN_OPTION and INVALID_OPTION.
const (
	SessionIDRequired   Code = "SESSION_ID_REQUIRED"  // a frame names no conversation
	SessionNotFound     Code = "SESSION_NOT_FOUND"    // there is none of that id for who asks
	UnsupportedProvider Code = "UNSUPPORTED_PROVIDER" // another agent than claude
	RunInProgress       Code = "RUN_IN_PROGRESS"      // the conversation is answering
	NoActiveRun         Code = "NO_ACTIVE_RUN"        // there is nothing to abort
	UnknownMessageType  Code = "UNKNOWN_MESSAGE_TYPE" // a frame of no vocabulary
	InternalError       Code = "INTERNAL_ERROR"       // INTERNAL, as the chat socket spells it
	ApprovalGone        Code = "APPROVAL_GONE"        // the request was answered, or is open no more
	HeadMoved           Code = "HEAD_MOVED"           // somebody else has written meanwhile
	QueueFull           Code = "QUEUE_FULL"           // too many messages wait in the conversation
	InvalidContent      Code = "INVALID_CONTENT"      // a message that is missing, blank, too long, or holds a NUL
)

// What plain HTTP requests get besides.
const (
	ForbiddenHost    Code = "FORBIDDEN_HOST"
	ForbiddenOrigin  Code = "FORBIDDEN_ORIGIN"
	BadRequest       Code = "BAD_REQUEST"
	NotFound         Code = "NOT_FOUND"
	MethodNotAllowed Code = "METHOD_NOT_ALLOWED"
	UpgradeRequired  Code = "UPGRADE_REQUIRED"
	KeyReused        Code = "KEY_REUSED" // an Idempotency-Key that came with another request
	TooLarge         Code = "TOO_LARGE"
	Unauthorized     Code = "UNAUTHORIZED" // no token, or one that is wrong or has expired
	RateLimited      Code = "RATE_LIMITED" // too many wrong tokens from one address
)

// CloseCode is a WebSocket close status (RFC 6455, section 7.4).
type CloseCode int

// The close codes that this server sends by its own decision. The library sends 1002 and
// 1009 for broken framing and for messages over [MaxMessageBytes].
const (
	CloseDone        CloseCode = 1000
	CloseGoingAway   CloseCode = 1001
	CloseUnsupported CloseCode = 1003
	CloseBadUTF8     CloseCode = 1007
	ClosePolicy      CloseCode = 1008
	CloseError       CloseCode = 1011
	CloseTryAgain    CloseCode = 1013
)

// Close returns the close code that follows an error frame with this code. The empty
// Code is success.
func (c Code) Close() CloseCode {
	switch c {
	case "":
		return CloseDone
	case InvalidJSON, InvalidPrompt, InvalidMeta, InvalidOption, ForbiddenOption, Busy, PromptTimeout:
		return ClosePolicy
	case Overloaded:
		return CloseTryAgain
	case Draining:
		return CloseGoingAway
	default:
		return CloseError
	}
}
