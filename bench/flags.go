package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/alecthomas/units"
)

// size is a flag such as 64MiB.
type size int64

func (s size) String() string { return units.Base2Bytes(s).String() }

// Set reads the flag.
func (s *size) Set(text string) error {
	n, err := units.ParseBase2Bytes(text)
	*s = size(n)
	return err
}

// sizeList is a flag such as 16MiB,1GiB.
type sizeList []size

func (s sizeList) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]size(s)), " ", ","), "[]")
}

// Set reads the flag.
func (s *sizeList) Set(text string) error {
	*s = nil
	for field := range strings.SplitSeq(text, ",") {
		var one size
		if err := one.Set(field); err != nil {
			return err
		}
		*s = append(*s, one)
	}
	return nil
}

// sizes is a flag such as 1000,10000.
type sizes []int

func (s sizes) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(s)), " ", ","), "[]")
}

// Set reads the flag.
func (s *sizes) Set(text string) error {
	*s = nil
	for field := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(field)
		if err != nil {
			return err
		}
		*s = append(*s, n)
	}
	return nil
}
