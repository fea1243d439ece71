package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"gatewalk/lab/awsapi"
	"gatewalk/lab/world"
	"gatewalk/tui/text"
)

// parseFault reads what --fault takes: ACTION=WHAT[,times=N], where WHAT is an
// AWS error code, throttle:N, delay:DURATION, hide:DURATION or lost (done, but
// the answer never arrives). It happens always unless times says how often.
func parseFault(s string, wrong *text.Wrong) (awsapi.Fault, error) {
	action, what, ok := strings.Cut(s, "=")
	f := awsapi.Fault{Action: action, Times: -1}
	what, times, counted := strings.Cut(what, ",times=")
	if !ok || action == "" || what == "" {
		return f, usage(wrong.Fault, s)
	}
	var err error
	if counted {
		if f.Times, err = strconv.Atoi(times); err != nil || f.Times < 1 {
			return f, usage(wrong.FaultNumber, s)
		}
	}
	kind, value, _ := strings.Cut(what, ":")
	switch kind {
	case "throttle":
		f.Times = 0 // it counts for itself
		if f.Throttle, err = strconv.Atoi(value); err != nil || f.Throttle < 1 {
			return f, usage(wrong.FaultNumber, s)
		}
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	case "hide":
		f.Hide, err = time.ParseDuration(value)
	case "lost":
		f.LoseAnswer = true
	default:
		f.Before = &world.Error{Code: what, Message: "A fault that was asked for with --fault."}
	}
	if err != nil {
		return f, usage(wrong.FaultNumber, s)
	}
	return f, nil
}

// capture writes a pcap file of every HOST=FILE until stop, which gives the
// first error of writing. HOST is bastion, private or an instance id.
func (w *walk) capture(hosts []string, wrong *text.Wrong) (stop func() error, err error) {
	var ends []func() error
	stop = func() error {
		var errs []error
		for _, end := range ends {
			errs = append(errs, end())
		}
		return errors.Join(errs...)
	}
	for _, s := range hosts {
		host, file, ok := strings.Cut(s, "=")
		if !ok || host == "" || file == "" {
			return stop, usage(wrong.Pcap, s)
		}
		if e, ok := w.session.State().Find("instance", host); ok {
			host = e.ID
		}
		if w.lab.World().Snapshot().Instances[host] == nil {
			return stop, usage(wrong.PcapHost, s)
		}
		out, err := os.Create(file)
		if err != nil {
			return stop, fmt.Errorf("writing a capture: %w", err)
		}
		ends = append(ends, out.Close)
		end, err := w.lab.Net().Capture(world.HostID(host), out)
		if err != nil {
			return stop, err
		}
		ends[len(ends)-1] = func() error { return errors.Join(end(), out.Close()) }
	}
	return stop, nil
}
