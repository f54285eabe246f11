package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"
)

// minSecret is the fewest bytes that a secret may have.
const minSecret = 16

// ReadSecret reads the secret of a file, without the space around it.
func ReadSecret(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read webhook secret: %w", err)
	}
	secret := bytes.TrimSpace(text)
	if len(secret) < minSecret {
		return nil, fmt.Errorf("read webhook secret: %s has fewer than %d bytes", path, minSecret)
	}
	return secret, nil
}

// OpenSecret reads the secret of a file, which is made if there is none.
func OpenSecret(path string) ([]byte, error) {
	secret, err := ReadSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	made := hex.AppendEncode(nil, random[:])
	if err := write(path, append(made, '\n')); err != nil {
		return nil, fmt.Errorf("make webhook secret: %w", err)
	}
	return made, nil
}

// write makes a file at once: a server that is killed meanwhile leaves none that is not whole.
func write(path string, text []byte) error {
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".new"))
	}
	return os.Rename(path+".new", path)
}

// Sign returns the signature of a body that is sent at a time.
func Sign(secret, body []byte, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	sum := hmac.New(sha256.New, secret)
	sum.Write([]byte(seconds + "."))
	sum.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(sum.Sum(nil))
}
