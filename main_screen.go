package main

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"

	"gatewalk/lab/vnet"
	"gatewalk/lab/world"
	"gatewalk/sshx"
	"gatewalk/steps"
	"gatewalk/steps/tutorial"
	"gatewalk/tui"
	"gatewalk/tui/plain"
)

// screen is the full screen. The world is readied behind its first picture.
func (o *options) screen(ctx context.Context) error {
	if !term.IsTerminal(int(os.Stdout.Fd())) || !term.IsTerminal(int(os.Stdin.Fd())) {
		return usage("%s", o.say().NeedsTerminal)
	}
	return o.cast(func(term ...tea.ProgramOption) error { return o.show(ctx, func(*walk) {}, term...) })
}

// cast shows a screen on this terminal and, where that was asked for, in an
// asciicast.
func (o *options) cast(show func(term ...tea.ProgramOption) error) error {
	if o.record == "" {
		return show()
	}
	r, err := record(os.Stdout, o.record, &o.say().Wrong)
	if err != nil {
		return err
	}
	return errors.Join(show(tea.WithOutput(r)), r.Close())
}

// show is the full screen on any terminal; opened is told the walk when its
// world is ready.
func (o *options) show(ctx context.Context, opened func(*walk), term ...tea.ProgramOption) error {
	books, err := books()
	if err != nil {
		return err
	}
	var there atomic.Pointer[walk] // nil until it is ready
	defer func() {
		if w := there.Load(); w != nil {
			w.close()
		}
	}()
	screen := o.screenOptions(books)
	screen.Term = term
	screen.Start = func(ctx context.Context) (tui.Engine, error) {
		w, err := o.open(ctx)
		if err != nil {
			return nil, o.opening(err)
		}
		there.Store(w)
		opened(w)
		return engine{w.runner}, nil
	}
	screen.Shell = func(ctx context.Context, host string, pty tui.PTY, in io.Reader, out io.Writer) error {
		w := there.Load()
		_, err := o.shell(ctx, w, host, nil, sshPTY(ctx, pty), sshx.Streams{In: in, Out: out, Err: out})
		if f := tutorial.Explain(err, o.profileInUse(), w.region); f != nil { // said in the screen's language
			return f
		}
		return err
	}
	if !o.aws {
		screen.Packets = func(f func(steps.Event)) func() {
			lab := there.Load().lab
			s3 := world.RegionData(lab.Region()).S3List()
			return lab.Watch(func(s vnet.Sighting) {
				if s3.Contains(s.Flow.Dst.Addr()) { // what else a learner reaches is not on the map
					f(packetEvent(s))
				}
			})
		}
	}
	screen.Plan = func() plain.Plan { return o.plan(there.Load()) }
	screen.Cost = func(now time.Time) (usd, perHour float64) {
		w := there.Load()
		if w == nil || w.lab != nil {
			return 0, 0
		}
		return tutorial.Cost(w.region, w.session.Events(), now)
	}
	_, err = tui.Run(ctx, screen)
	if w := there.Load(); w != nil {
		o.farewell(w, "gatewalk")
	}
	return err
}

func (o *options) screenOptions(books map[string]steps.Book) tui.Options {
	world := tui.World{Name: "LAB", Region: o.region}
	if o.aws {
		world = tui.World{Name: "AWS", Region: o.region, NotReal: o.endpoint != ""}
	}
	return tui.Options{Books: books, Lang: o.lang, World: world,
		Present: o.present, Auto: o.auto, ASCII: o.ascii, NoColor: o.noColor, Mouse: o.mouse, Background: o.background}
}

// engine shows a Runner as what the screen drives.
type engine struct{ *steps.Runner }

func (e engine) Session() *steps.Session { return e.Runner.Session }

// packetEvent tells a packet's fate as a fact of the walk.
func packetEvent(s vnet.Sighting) steps.Event {
	protocol := map[uint8]string{world.ICMP: "icmp", world.TCP: "tcp", world.UDP: "udp"}[s.Flow.Proto]
	action := "deliver"
	if s.Verdict.Action != world.Deliver || s.TTLExpired {
		action = "drop"
	}
	return steps.Event{At: s.At, Kind: steps.Packet, Args: steps.Args{
		"host": string(s.From), "from": s.Flow.Src.String(), "to": s.Flow.Dst.String(), "proto": protocol,
		"action": action, "via": s.Verdict.Via, "code": s.Verdict.Code, "object": s.Verdict.Object,
	}}
}
