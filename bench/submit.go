package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// asking bounds what a server may take to answer: at most a whole run.
var asking = http.Client{Timeout: runTimeout}

// info is what is wanted of what Spool tells of a run.
type info struct {
	Run   string
	State string
}

// submit starts a run by POST /api/runs, with a query such as "?wait=true".
func submit(addr, query, prompt string) (info, error) {
	payload, err := json.Marshal(map[string]string{"prompt": prompt, "meta": "BENCH"})
	if err != nil {
		return info{}, fmt.Errorf("encode payload: %w", err)
	}
	answer, err := asking.Post("http://"+addr+"/api/runs"+query, "application/json", bytes.NewReader(payload))
	if err != nil {
		return info{}, fmt.Errorf("post run: %w", err)
	}
	return readInfo(answer)
}

// state asks for a run.
func state(addr, run string) (string, error) {
	answer, err := asking.Get("http://" + addr + "/api/runs/" + run)
	if err != nil {
		return "", fmt.Errorf("ask for run: %w", err)
	}
	got, err := readInfo(answer)
	return got.State, err
}

func readInfo(answer *http.Response) (got info, err error) {
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		return got, fmt.Errorf("read run: %s", answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		return got, fmt.Errorf("read run: %w", err)
	}
	return got, nil
}

// finish runs a prompt to its end, which must be a success.
func finish(addr, prompt string) (run string, err error) {
	got, err := submit(addr, "?wait=true", prompt)
	if err == nil && got.State != "succeeded" {
		err = fmt.Errorf("run %s: %s", got.Run, got.State)
	}
	return got.Run, err
}
