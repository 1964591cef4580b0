// Batch oracle: one JSON line {name, dir, files, env, envFiles, profiles, projectName} in, one JSON line
// {name, project} or {name, error} out, as `docker compose config --format json` loads (compose-go v2, same options and order).
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/cli/pkg/kvfile"
	"github.com/sirupsen/logrus"
)

type request struct {
	Name        string            `json:"name"`
	Dir         string            `json:"dir"`
	Files       []string          `json:"files"`
	Env         map[string]string `json:"env"`
	EnvFiles    []string          `json:"envFiles"`
	Profiles    []string          `json:"profiles"`
	ProjectName string            `json:"projectName"`
	Prune       bool              `json:"prune"`
}

type answer struct {
	Name    string          `json:"name"`
	Project json.RawMessage `json:"project,omitempty"`
	Error   string          `json:"error,omitempty"`
}

func withEnv(env map[string]string) cli.ProjectOptionsFn {
	return func(o *cli.ProjectOptions) error {
		for k, v := range env {
			if _, set := o.Environment[k]; !set {
				o.Environment[k] = v
			}
		}
		return nil
	}
}

func load(r request) (result *types.Project, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if err := os.Chdir(r.Dir); err != nil {
		return nil, err
	}
	options, err := cli.NewProjectOptions(r.Files,
		cli.WithInterpolation(true), cli.WithResolvedPaths(true), cli.WithNormalization(true), cli.WithConsistency(true),
		cli.WithDiscardEnvFile, withEnv(r.Env),
		cli.WithEnvFiles(r.EnvFiles...), cli.WithDotEnv, cli.WithConfigFileEnv, cli.WithDefaultConfigPath,
		cli.WithEnvFiles(r.EnvFiles...), cli.WithDotEnv,
		cli.WithDefaultProfiles(r.Profiles...), cli.WithName(r.ProjectName))
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	if r.Prune {
		project = project.WithoutUnnecessaryResources()
	}
	project, err = project.WithServicesEnvironmentResolved(true)
	if err != nil {
		return nil, err
	}
	return project, project.CheckContainerNameUnicity()
}

// docker compose itself adds this format, as its own command line reads such files.
func rawEnv(r io.Reader, _ string, vars map[string]string, lookup func(key string) (string, bool)) error {
	lines, err := kvfile.ParseFromReader(r, lookup)
	if err != nil {
		return fmt.Errorf("failed to parse raw env_file: %w", err)
	}
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		vars[key] = value
	}
	return nil
}

func main() {
	dotenv.RegisterFormat("raw", rawEnv)
	logrus.SetOutput(io.Discard)
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			var r request
			if e := json.Unmarshal(line, &r); e != nil {
				fmt.Fprintln(os.Stderr, e)
				os.Exit(1)
			}
			a := answer{Name: r.Name}
			project, e := load(r)
			if e == nil {
				a.Project, e = project.MarshalJSON()
			}
			if e != nil {
				a.Project, a.Error = nil, e.Error()
			}
			if e := out.Encode(a); e != nil {
				a.Project, a.Error = nil, e.Error()
				_ = out.Encode(a)
			}
		}
		if err != nil {
			return
		}
	}
}
