// The same validation in Go, as well as one would write it: net/http, go-redis, micro-batches through our own script, a signed
// answer and a log line for each call. What our Node is held against.
package main

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const mostItems = 128

type seed struct {
	ProductID     string   `json:"productId"`
	ProductKey    string   `json:"productKey"`
	SigningSecret string   `json:"signingSecret"`
	LicenseKeys   []string `json:"licenseKeys"`
}

// The first nine of ten fields (docs/spec/keyport.md §3.3), in their order.
type payload struct {
	Valid        bool            `json:"valid"`
	Status       string          `json:"status"`
	Expires      *string         `json:"expires"`
	IPRegistered *bool           `json:"ip_registered"`
	IPCount      *int            `json:"ip_count"`
	MaxIPs       *int            `json:"max_ips"`
	Version      *string         `json:"version"`
	VersionValid *bool           `json:"version_valid"`
	Custom       json.RawMessage `json:"custom"`
}

type item struct {
	key, startsAtMs, entry string
	counted                chan bool
}

func main() {
	var known seed
	text, err := os.ReadFile(os.Getenv("BENCH_SEED"))
	must(err)
	must(json.Unmarshal(text, &known))
	script, err := os.ReadFile(os.Getenv("BENCH_SCRIPT"))
	must(err)
	options, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	must(err)

	products := map[[32]byte]*seed{sha256.Sum256([]byte(known.ProductKey)): &known}
	licenses := make(map[string]string, len(known.LicenseKeys))
	for _, key := range known.LicenseKeys {
		licenses[key] = newID()
	}
	client := redis.NewClient(options)
	counter := newCounter(client, string(script))
	file := bufio.NewWriterSize(os.Stdout, 8192)
	log := slog.New(slog.NewJSONHandler(&flushed{writer: file}, nil))
	var answered atomic.Int64

	http.HandleFunc("POST /api/v1/validate", func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		requestID := "req_" + newID()
		token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		product := products[sha256.Sum256([]byte(token))]
		if !found || product == nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, 65536))
		var asked struct {
			LicenseKey *string `json:"license_key"`
			Version    *string `json:"version"`
			DeviceID   *string `json:"device_id"`
		}
		if err != nil || json.Unmarshal(body, &asked) != nil || asked.LicenseKey == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		address, _, _ := net.SplitHostPort(r.RemoteAddr)
		id, isKnown := licenses[*asked.LicenseKey]
		yes, one := true, 1
		verdict := payload{Valid: true, Status: "active", IPRegistered: &yes, IPCount: &one}
		if !isKnown {
			verdict = payload{Status: "license_not_found"}
		}

		day := began.UTC().Format("2006-01-02")
		midnight := began.UTC().Truncate(24 * time.Hour).UnixMilli()
		entry, err := json.Marshal([]any{nil, began.UnixMilli(), product.ProductID, day, 1, id, address, asked.Version, asked.DeviceID, verdict.Status})
		must(err)
		counted := counter.count("{p0}:quota:go-"+product.ProductID+":"+day, strconv.FormatInt(midnight, 10), string(entry))
		if !counted {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}

		unsigned, err := json.Marshal(&verdict)
		must(err)
		mac := hmac.New(sha256.New, []byte(product.SigningSecret))
		mac.Write(unsigned)
		answer := append(unsigned[:len(unsigned)-1], `,"signature":"`...)
		answer = hex.AppendEncode(answer, mac.Sum(nil))
		answer = append(answer, `"}`...)
		header := w.Header()
		header["X-Request-Id"] = []string{requestID}
		header["Content-Type"] = []string{"application/json; charset=utf-8"}
		header["Content-Length"] = []string{strconv.Itoa(len(answer))}
		_, err = w.Write(answer)
		answered.Add(1)
		log.Info("answered", "requestId", requestID, "route", "/api/v1/validate", "method", "POST", "status", 200,
			"ms", float64(time.Since(began).Microseconds())/1000)
		if err != nil {
			log.Error("an answer could not be sent", "err", err)
		}
	})

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Fprintf(os.Stderr, "listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	must(http.Serve(listener, nil))
}

// Collects what is asked while a batch is on its way, up to so many, and sends it as one script call.
type counter struct {
	client *redis.Client
	script *redis.Script
	memory string
	asked  chan item
	// The generation of the data that the last answer was of.
	generation string
}

func newCounter(client *redis.Client, script string) *counter {
	c := &counter{client, redis.NewScript(script), "{p0}:batches:go-" + newID(), make(chan item, 4096), ""}
	go c.send()
	return c
}

func (c *counter) count(key, startsAtMs, entry string) bool {
	counted := make(chan bool, 1)
	c.asked <- item{key, startsAtMs, entry, counted}
	return <-counted
}

func (c *counter) send() {
	ctx := context.Background()
	for number := 1; ; number++ {
		batch := []item{<-c.asked}
	gather:
		for len(batch) < mostItems {
			select {
			case next := <-c.asked:
				batch = append(batch, next)
			default:
				break gather
			}
		}
		// Each counter once, with what is needed where it is missing; then each call by the number of its counter.
		keys := []string{c.memory, "{p0}:generation", "{p0}:usage", "{p0}:checked"}
		numbers := map[string]int{}
		var facts, calls []any
		for _, each := range batch {
			if numbers[each.key] == 0 {
				numbers[each.key] = len(numbers) + 1
				keys = append(keys, each.key)
				facts = append(facts, "345600 "+each.startsAtMs+" 0")
			}
			calls = append(calls, "q"+strconv.Itoa(numbers[each.key])+" 1 -", each.entry)
		}
		arguments := []any{number, number - 1, 3600, newID(), c.generation, number - 1, 0, len(numbers)}
		arguments = append(append(arguments, facts...), calls...)
		answer, err := c.script.EvalSha(ctx, c.client, keys, arguments...).StringSlice()
		if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
			answer, err = c.script.Eval(ctx, c.client, keys, arguments...).StringSlice()
		}
		must(err)
		// The generation is told where it isn't the one that was named.
		if len(answer) > 1 {
			c.generation = answer[1]
		}
		figures := strings.Fields(answer[0])
		for i, each := range batch {
			each.counted <- figures[2*i] == "1"
		}
	}
}

// A log's buffer: written when it is full, and every so often.
type flushed struct {
	lock   sync.Mutex
	writer *bufio.Writer
	timer  *time.Timer
}

func (f *flushed) Write(line []byte) (int, error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.timer == nil {
		f.timer = time.AfterFunc(50*time.Millisecond, func() {
			f.lock.Lock()
			defer f.lock.Unlock()
			f.timer = nil
			must(f.writer.Flush())
		})
	}
	return f.writer.Write(line)
}

func newID() string {
	var random [16]byte
	_, err := rand.Read(random[:])
	must(err)
	text := hex.EncodeToString(random[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
