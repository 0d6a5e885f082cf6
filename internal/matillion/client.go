// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
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
	// ReadOnly refuses every request that could change something, before anything is sent: see [ErrReadOnly].
	ReadOnly bool
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
	readOnly  bool
	http      *http.Client
	// once sends what must not be sent again behind our back.
	once *http.Client
	log  func(ctx context.Context, message string, fields map[string]any)

	secrets secrets
	tokens  *tokens
	limiter *limiter
	clock   serverClock
	// made is when the client was made, by our clock.
	made time.Time

	Executions   *ExecutionsService
	Pipelines    *PipelinesService
	Artifacts    *ArtifactsService
	Environments *EnvironmentsService
	Projects     *ProjectsService
}

// service is what most services are: the client that sends their requests. A method is a call of the API.
type service struct{ client *Client }

// New returns a client. It sends nothing yet. Its errors are about the addresses in the configuration.
func New(cfg Config) (*Client, error) {
	base, err := ParseURL(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("API address: %w", err)
	}
	cfg.TokenURL, cfg.Audience = cmp.Or(cfg.TokenURL, DefaultTokenURL), cmp.Or(cfg.Audience, DefaultAudience)
	if _, err := ParseURL(cfg.TokenURL); err != nil {
		return nil, fmt.Errorf("token address: %w", err)
	}
	client := &Client{
		baseURL:   trimVersion(base),
		accountID: cfg.AccountID,
		userAgent: cfg.UserAgent,
		readOnly:  cfg.ReadOnly,
		http:      httpClient(cfg.Transport),
		log:       cfg.Log,
		limiter:   newLimiter(cfg.RequestsPerMinute),
		made:      time.Now(),
	}
	client.once = httpClient(withoutRepeats(client.http.Transport))
	client.tokens = newTokens(cfg, client.http, &client.secrets)
	client.Executions = newExecutionsService(client)
	client.Pipelines = &PipelinesService{client}
	client.Artifacts = &ArtifactsService{client: client}
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
