// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package diagnose

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

func TestSubject_hasItsOwnWordsOrThoseOfAny(t *testing.T) {
	t.Parallel()
	subject := Subject{matillion.KindNotFound: {Summary: "No such warehouse", Advice: "Check warehouse_name."}}
	if got := subject.Words(&matillion.Error{StatusCode: 404}).Summary; got != "No such warehouse" {
		t.Errorf("a 404 is %q, want the subject's words", got)
	}
	if got := subject.Words(&matillion.Error{StatusCode: 403}).Summary; got != "Matillion denied access" {
		t.Errorf("a 403 is %q, want the words of any subject", got)
	}
}

// Whoever has arguments that could be wrong says so in a subject of its own.
func TestSubject_wordsOfAnyAdviseOnlyArgumentsOfTheProvider(t *testing.T) {
	t.Parallel()
	for kind := matillion.KindUnreachable; kind <= matillion.KindRefused; kind++ {
		words := anySubject[kind]
		if words.Summary == "" || words.Advice == "" {
			t.Errorf("kind %d has no words", kind)
		}
		for _, argument := range []string{"project_id", "environment_name", "pipeline_name", "version_name", "agent_id",
			"tag"} {
			if strings.Contains(words.Advice, argument) {
				t.Errorf("%q advises %s, which not everything has", words.Summary, argument)
			}
		}
	}
}

func TestMessage_hasParagraphsThenFactsThenTheAnswer(t *testing.T) {
	t.Parallel()
	got := Say("Reading %q failed.", "a").Text("100% of it.").Facts(Fact{"Project", "p"}, Fact{"Nothing", ""}).
		Answer(&matillion.Error{StatusCode: 403, Title: "No"}).On("name", diag.SeverityError, "Failed")
	want := "Reading \"a\" failed.\n\n100% of it.\n\nProject: p\nHTTP status: 403 Forbidden\nMatillion says: No"
	if got.Detail() != want || got.Summary() != "Failed" || got.Severity() != diag.SeverityError {
		t.Errorf("got %s: %q\n%s\nwant\n%s", got.Severity(), got.Summary(), got.Detail(), want)
	}
	if on, ok := got.(diag.DiagnosticWithPath); !ok || !on.Path().Equal(path.Root("name")) {
		t.Errorf("got %v, want it on the argument", got)
	}
	plain := Say("Broken.").Answer(errors.New("pipe")).Answer(nil).Warning("Careful")
	if plain.Detail() != "Broken.\n\nCause: pipe" || plain.Severity() != diag.SeverityWarning {
		t.Errorf("got %s\n%s", plain.Severity(), plain.Detail())
	}
}
