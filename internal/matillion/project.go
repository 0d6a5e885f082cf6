package matillion

import "context"

// Project is a project of the account.
type Project struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Projects lists the projects that the credentials may see. Credentials without a role in any project see none.
//
// https://docs.maia.ai/docs/api-reference/executing-and-managing-a-pipeline
func (c *Client) Projects(ctx context.Context) ([]Project, error) {
	return all[Project](ctx, c, nil, "projects")
}
