// The peers in Go, one word of the command line each.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

//go:noinline
func reduce(first, last int, f func(int, int) int, sum int) int {
	for n := first; n < last; n++ {
		sum = f(sum, n)
	}
	return sum
}

func channel(capacity int) int {
	messages, total := make(chan int, capacity), make(chan int)
	go func() {
		for i := 0; i < 1000000; i++ {
			messages <- i
		}
		close(messages)
	}()
	go func() {
		sum := 0
		for n := range messages {
			sum += n
		}
		total <- sum
	}()
	return <-total
}

func spawn(n int) int {
	results := make([]chan int, n)
	for i := range results {
		results[i] = make(chan int, 1)
		go func(i int) { results[i] <- i }(i)
	}
	sum := 0
	for _, result := range results {
		sum += <-result
	}
	return sum
}

func pingPong(rounds int) int {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for n := range ping {
			pong <- n + 1
		}
	}()
	n := 0
	for n < rounds {
		ping <- n
		n = <-pong
	}
	return n
}

func source() chan int {
	messages := make(chan int, 1000)
	go func() {
		for i := 0; i < 100000; i++ {
			messages <- i
		}
		close(messages)
	}()
	return messages
}

func fanIn() int {
	a, b, c, d, total := source(), source(), source(), source(), make(chan int)
	go func() {
		sum := 0
		for a != nil || b != nil || c != nil || d != nil {
			n, ok := 0, false
			select {
			case n, ok = <-a:
				if !ok {
					a = nil
				}
			case n, ok = <-b:
				if !ok {
					b = nil
				}
			case n, ok = <-c:
				if !ok {
					c = nil
				}
			case n, ok = <-d:
				if !ok {
					d = nil
				}
			}
			sum += n
		}
		total <- sum
	}()
	return <-total
}

func isPrime(n int) bool {
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return n > 1
}

func primes(workers int) int {
	var all sync.WaitGroup
	counts := make([]int, workers)
	for w := 0; w < workers; w++ {
		all.Add(1)
		go func(w int) {
			count := 0
			for k := 0; k < 200000/workers; k++ {
				if isPrime(2*(k*workers+w) + 1) {
					count++
				}
			}
			counts[w] = count
			all.Done()
		}(w)
	}
	all.Wait()
	sum := 1
	for _, count := range counts {
		sum += count
	}
	return sum
}

func resident() int {
	text, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * 4096
}

func parked(n int) int {
	gate := make(chan int)
	time.Sleep(100 * time.Millisecond)
	before := resident()
	for i := 0; i < n; i++ {
		go func() { <-gate }()
	}
	time.Sleep(500 * time.Millisecond)
	used := resident() - before
	close(gate)
	return used / n
}

func argument(otherwise int) int {
	if len(os.Args) > 2 {
		n, _ := strconv.Atoi(os.Args[2])
		return n
	}
	return otherwise
}

func main() {
	value, start := 0, time.Now()
	switch os.Args[1] {
	case "hello":
		fmt.Println("hello, world")
		return
	case "parked":
		fmt.Println("bytes", parked(100000))
		return
	case "fib":
		value = fib(32)
	case "reduce":
		value = reduce(0, 50000000, func(sum, n int) int { return sum + n }, 0)
	case "channel":
		value = channel(argument(1000))
	case "spawn":
		value = spawn(100000)
	case "ping_pong":
		value = pingPong(100000)
	case "select":
		value = fanIn()
	case "primes":
		value = primes(argument(1))
	}
	fmt.Println("value", value)
	fmt.Printf("ms %.3f\n", float64(time.Since(start).Microseconds())/1000)
}
