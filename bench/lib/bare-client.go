// The floor for any client on Go's net/http, k6 among them: the same requests at the same rate, no metrics, no script.
//
//	go run bench/lib/bare-client.go URL RATE SECONDS
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const connections = 50

func main() {
	url := os.Args[1]
	rate, _ := strconv.Atoi(os.Args[2])
	seconds, _ := strconv.Atoi(os.Args[3])
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
	due := make(chan struct{}, connections)
	var answers atomic.Int64
	var working sync.WaitGroup
	for i := 0; i < connections; i++ {
		working.Add(1)
		go func() {
			defer working.Done()
			for range due {
				response, err := client.Get(url)
				if err != nil {
					continue
				}
				if _, err := io.ReadAll(response.Body); err == nil {
					answers.Add(1)
				}
				response.Body.Close()
			}
		}()
	}
	start := time.Now()
	for i := 0; i < rate*seconds; i++ {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		due <- struct{}{}
	}
	close(due)
	working.Wait()
	fmt.Printf("{\"answers\":%d}\n", answers.Load())
}
