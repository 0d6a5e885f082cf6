// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// The demo itself counts the runs.
func TestRun_showsWhatTheReadmeShows(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs a Terraform CLI")
	}
	file := filepath.Join(t.TempDir(), "demo.txt")
	var got bytes.Buffer
	if err := run(t.Context(), root, file, &got); err != nil {
		t.Fatalf("%v\n%s", err, got.String())
	}
	if diff := cmp.Diff(normalize(transcriptOfReadme(t)), normalize(got.String())); diff != "" {
		t.Errorf("the demo differs (-README.md +got):\n%s", diff)
	}
	transcript, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(got.String(), "\n") {
		if !bytes.Contains(transcript, []byte(strings.TrimSpace(line))) {
			t.Errorf("the transcript lacks %q", line)
		}
	}
}

// The image begins with what make prints.
func TestReadme_recordingAndTranscriptAgree(t *testing.T) {
	t.Parallel()
	image, err := os.ReadFile(filepath.Join(root, ".github", "demo.svg"))
	if err != nil {
		t.Fatal(err)
	}
	recorded := html.UnescapeString(tag.ReplaceAllString(lineEnd.ReplaceAllString(string(image), "\n"), ""))
	_, recorded, _ = strings.Cut(recorded, "a minute or two.\n")
	if diff := cmp.Diff(normalize(transcriptOfReadme(t)), normalize(strings.TrimSpace(recorded)+"\n")); diff != "" {
		t.Errorf("run \"make recording\"; the image differs (-README.md +image):\n%s", diff)
	}
}

var (
	lineEnd = regexp.MustCompile(`</text>|<text[^>]*/>`)
	tag     = regexp.MustCompile(`<[^>]*>`)
)

func transcriptOfReadme(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(readme), "```text\n")
	transcript, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("README.md shows no transcript")
	}
	return transcript
}

var (
	progress = regexp.MustCompile(`(?m)^.*: Still .*\n`)
	duration = regexp.MustCompile(`\b(?:\d+m)?\d+s\b`)
	file     = regexp.MustCompile(`\S+demo\.txt`)
	cli      = regexp.MustCompile(`\$ \S+`)
	id       = regexp.MustCompile(`id=[0-9a-f-]{36}`)
)

// normalize removes what differs between two runs of the demo. An id becomes its number, so that the same run has the
// same one.
func normalize(shown string) string {
	shown = progress.ReplaceAllString(shown, "")
	shown = duration.ReplaceAllString(shown, "Ns")
	shown = file.ReplaceAllString(shown, "FILE")
	shown = cli.ReplaceAllString(shown, "$$ terraform")
	var seen []string
	return id.ReplaceAllStringFunc(shown, func(found string) string {
		for i, earlier := range seen {
			if earlier == found {
				return fmt.Sprint("run ", i+1)
			}
		}
		seen = append(seen, found)
		return fmt.Sprint("run ", len(seen))
	})
}

func TestScreen_showsWholeLinesThatMatter(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	s, err := newScreen(&shown, filepath.Join(t.TempDir(), "new folder", "demo.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	printed := "a.b: Creating...\na.b: Creation complete after 1s\nPlan: 1 to add, 0 to change, 0 to destroy.\n" +
		"Warning: Provider development overrides are in effect\nError: Pipeline disabled\nError: execution halted\nunfinished"
	for _, part := range strings.SplitAfter(printed, "e") {
		if n, err := s.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	want := "   a.b: Creation complete after 1s\n   Error: Pipeline disabled\n"
	if diff := cmp.Diff(want, shown.String()); diff != "" {
		t.Errorf("shown differs (-want +got):\n%s", diff)
	}
	if kept, err := os.ReadFile(s.file.Name()); err != nil || string(kept) != printed {
		t.Errorf("the file has %q, %v", kept, err)
	}
}
