package matillion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// apiVersion is the first element of every path.
const apiVersion = "v1"

// maxBody bounds what is read of an answer. A page of a hundred executions is some fifty kilobytes.
const maxBody = 8 << 20

// Config says which API to talk to, and as whom.
type Config struct {
	// BaseURL is the API's address, with or without the trailing version: see [Region.BaseURL].
	BaseURL string
	// Token is a ready bearer token. Without one, ClientID and ClientSecret are exchanged for tokens.
	Token        string
	ClientID     string
	ClientSecret string
	// TokenURL and Audience default to [DefaultTokenURL] and [DefaultAudience].
	TokenURL string
	Audience string
	// AccountID is sent as the account-id header where it is set.
	AccountID string
	// UserAgent is sent with every request.
	UserAgent string
	// RequestsPerMinute defaults to [DefaultRequestsPerMinute].
	RequestsPerMinute int
	// Transport defaults to [NewTransport].
	Transport http.RoundTripper
	// Log receives a line for each request, without bodies, queries or credentials. It may be nil.
	Log func(ctx context.Context, message string, fields map[string]any)
}

// Client calls the API. It is safe for concurrent use, and is meant to be one for a whole process: its token, its
// request limit and what it knows of the executions it started are shared by all that use it.
//
// Methods that only read are repeated a few times when a repetition may help; the error is that of the last attempt.
// Errors are an [*Error], [*ConnectionError], [*AnswerError] or [*TokenError], or the context's own.
type Client struct {
	baseURL   *url.URL
	accountID string
	userAgent string
	http      *http.Client
	log       func(ctx context.Context, message string, fields map[string]any)

	secrets secrets
	tokens  *tokens
	limiter *limiter
	clock   serverClock

	Executions   *ExecutionsService
	Pipelines    *PipelinesService
	Artifacts    *ArtifactsService
	Environments *EnvironmentsService
	Projects     *ProjectsService
}

// service is what the services share: the client that sends their requests.
type service struct{ client *Client }

// The services whose calls only look things up. A method is a call of the API.
type (
	// PipelinesService looks up what is published.
	PipelinesService service
	// ArtifactsService looks up published versions.
	ArtifactsService service
	// EnvironmentsService looks up the environments of a project.
	EnvironmentsService service
	// ProjectsService looks up projects.
	ProjectsService service
)

// New returns a client. It sends nothing yet. Its errors are about the addresses in the configuration.
func New(cfg Config) (*Client, error) {
	base, err := ParseURL(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("API address: %w", err)
	}
	if cfg.TokenURL == "" {
		cfg.TokenURL = DefaultTokenURL
	}
	if cfg.Audience == "" {
		cfg.Audience = DefaultAudience
	}
	if _, err := ParseURL(cfg.TokenURL); err != nil {
		return nil, fmt.Errorf("token address: %w", err)
	}
	client := &Client{
		baseURL:   trimVersion(base),
		accountID: cfg.AccountID,
		userAgent: cfg.UserAgent,
		http:      httpClient(cfg.Transport),
		log:       cfg.Log,
		limiter:   newLimiter(cfg.RequestsPerMinute),
	}
	client.tokens = newTokens(cfg, client.http, &client.secrets)
	client.Executions = newExecutionsService(client)
	client.Pipelines = &PipelinesService{client}
	client.Artifacts = &ArtifactsService{client}
	client.Environments = &EnvironmentsService{client}
	client.Projects = &ProjectsService{client}
	if client.log == nil {
		client.log = func(context.Context, string, map[string]any) {}
	}
	return client, nil
}

// KeepSecret removes the values from whatever the API says from now on: messages of executions, steps and errors.
// Values shorter than four bytes are not looked for.
func (c *Client) KeepSecret(values ...string) { c.secrets.add(values...) }

func trimVersion(base *url.URL) *url.URL {
	trimmed := *base
	trimmed.Path = strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(base.Path, "/"), "/"+apiVersion), "/")
	return &trimmed
}

// request is one call of the API.
type request struct {
	method string
	// elements of the path below the version, unescaped.
	elements []string
	query    url.Values
	body     any
	// uncut detaches the request from its context's end once it is about to be sent, so that only its own time-out
	// can cut it in half.
	uncut bool
	// again says when the request may be sent again.
	again retryPolicy
	// sentAt, where it is set, receives when the request was sent: it may have to wait for its turn and for a token.
	sentAt *time.Time
}

func (r request) path() string {
	escaped := make([]string, 0, len(r.elements)+1)
	escaped = append(escaped, apiVersion)
	for _, element := range r.elements {
		escaped = append(escaped, url.PathEscape(element))
	}
	return "/" + strings.Join(escaped, "/")
}

// get reads, and repeats the reading while that may help.
func (c *Client) get(ctx context.Context, out any, query url.Values, elements ...string) error {
	return c.do(ctx, request{method: http.MethodGet, elements: elements, query: query, again: whileItMayPass}, out)
}

// do sends a request, and sends it again as its policy says.
func (c *Client) do(ctx context.Context, req request, out any) error {
	return retry(ctx, req.again, func() error { return c.send(ctx, req, out) })
}

// send sends a request once. A 401 says that it was not accepted, for want of a valid token: then it is sent again with
// a fresh one, if there can be one.
func (c *Client) send(ctx context.Context, req request, out any) error {
	token, err := c.exchange(ctx, req, out)
	if StatusCode(err) == http.StatusUnauthorized && c.tokens.forget(token) {
		_, err = c.exchange(ctx, req, out)
	}
	return err
}

// exchange waits its turn, gets a token, and sends one HTTP request. It returns the token that was used.
func (c *Client) exchange(ctx context.Context, req request, out any) (token string, err error) {
	// A token comes first as well: requests that waited for it when their turns had come would be sent all at once.
	if _, err := c.tokens.bearer(ctx); err != nil {
		return "", err
	}
	if err := c.limiter.wait(ctx); err != nil {
		return "", err
	}
	if token, err = c.tokens.bearer(ctx); err != nil {
		return "", err
	}
	began := time.Now()
	status, err := c.roundTrip(ctx, req, token, out)
	c.note(ctx, req, status, began, err)
	return token, err
}

// note keeps what every answer teaches about the server's limit, and logs the request.
func (c *Client) note(ctx context.Context, req request, status int, began time.Time, err error) {
	if status == http.StatusTooManyRequests {
		c.limiter.refused(max(firstBackoff, min(askedToWait(err), longestRetryAfter)))
	} else if status != 0 {
		c.limiter.accepted()
	}
	c.log(ctx, "Matillion API request", map[string]any{
		"method": req.method, "path": req.path(), "status": status, "duration": time.Since(began).String(),
	})
}

// roundTrip sends one HTTP request and decodes its answer. The status is 0 when there was no answer.
func (c *Client) roundTrip(ctx context.Context, req request, token string, out any) (status int, err error) {
	parent := ctx
	if req.uncut {
		parent = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(parent, requestTimeout)
	defer cancel()
	var written atomic.Bool
	httpReq, err := c.newRequest(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// A connection comes after the dial and the TLS handshake, and before the first byte of the request.
		GotConn: func(httptrace.GotConnInfo) { written.Store(true) },
	}), req, token)
	if err != nil {
		return 0, err
	}
	if req.sentAt != nil {
		*req.sentAt = time.Now()
	}
	resp, err := c.http.Do(httpReq)
	if err != nil {
		return 0, c.connectionError(parent, req, written.Load(), err)
	}
	defer resp.Body.Close()
	c.clock.observe(resp.Header, time.Now())
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	return resp.StatusCode, c.judge(parent, req, resp, body, err, out)
}

func (c *Client) newRequest(ctx context.Context, req request, token string) (*http.Request, error) {
	address := *c.baseURL
	address.RawPath = address.EscapedPath() + req.path()
	address.Path += "/" + strings.Join(append([]string{apiVersion}, req.elements...), "/")
	address.RawQuery = req.query.Encode()
	var body io.Reader
	if req.body != nil {
		encoded, err := json.Marshal(req.body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", req.method, req.path(), err)
		}
		body = bytes.NewReader(encoded)
	}
	httpReq, err := http.NewRequestWithContext(ctx, req.method, address.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", req.method, req.path(), err)
	}
	httpReq.Header.Set("Authorization", "Bearer "+token)
	httpReq.Header.Set("Accept", "application/json")
	httpReq.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		httpReq.Header.Set("Content-Type", "application/json")
	}
	if c.accountID != "" {
		httpReq.Header.Set("account-id", c.accountID)
	}
	return httpReq, nil
}

// connectionError sorts a failure of the transport. The caller's own context comes first.
func (c *Client) connectionError(ctx context.Context, req request, written bool, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	connErr := &ConnectionError{Method: req.method, Path: req.path(), Written: written, Err: err}
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		connErr.Err = urlErr.Err // without the address, whose query is nobody's business
	}
	if errors.Is(err, context.DeadlineExceeded) {
		connErr.Err = errTimeout(requestTimeout)
	}
	return connErr
}

// judge turns an answer into a decoded success or an error.
func (c *Client) judge(
	ctx context.Context, req request, resp *http.Response, body []byte, readErr error, out any,
) error {
	success := resp.StatusCode >= 200 && resp.StatusCode < 300
	switch {
	case !success:
		return newError(req, resp, body, c.secrets.redact)
	case readErr != nil && salvage(body, out):
		return nil
	case readErr != nil:
		return c.connectionError(ctx, req, true, fmt.Errorf("the answer broke off: %w", readErr))
	}
	problem := "the answer is too large"
	if len(body) <= maxBody {
		if problem = decode(body, out); problem == "" {
			return nil
		}
	}
	if salvage(body, out) {
		return nil
	}
	return &AnswerError{Method: req.method, Path: req.path(), StatusCode: resp.StatusCode, Problem: problem}
}
