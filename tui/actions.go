package tui

import (
	"gatewalk/steps"

	tea "charm.land/bubbletea/v2"
)

// perform does what a dialog returned.
func (m *model) perform(act action) tea.Cmd {
	if act == nil {
		return nil
	}
	if act.closes() && len(m.dialogs) > 0 {
		m.dialogs = m.dialogs[:len(m.dialogs)-1]
	}
	id := m.id()
	switch act := act.(type) {
	case actRefuse:
		m.flash = act.why
	case actChoose:
		if err := m.choose(id, act.name, act.value); err != nil {
			return nil
		}
		return m.ask()
	case actSkip:
		m.skipped[id] = true
		return m.ask()
	case actTable:
		if err := m.choose(id, choiceTable, act.table); err != nil {
			return nil
		}
		return m.run(id)
	case actRun:
		return m.run(id)
	case actBring:
		if m.spends() && !act.agreed {
			m.open(func() dialog { return m.spendDialog(actBring{agreed: true}) })
			return nil
		}
		at := m.at
		return m.runUntil(m.missing(), func(m *model) tea.Cmd { m.show(at); return nil })
	case actRewind:
		m.show(act.to)
		return m.rewind(m.walk.order[act.to], func(m *model) tea.Cmd {
			if act.again {
				return m.ask()
			}
			return nil
		})
	case actRedo:
		at := m.at
		m.then = func(m *model) tea.Cmd { m.show(at); return nil }
		return m.run(act.step)
	case actAnew:
		m.show(act.at)
		return m.repeat()
	case actShow:
		m.show(act.at)
	case actShell:
		return m.shell(act.host)
	case actHint:
		m.hint()
	case actSolution:
		m.openSolution()
	case actQuit:
		if act.cleanUp {
			m.open(m.leaveDialog)
			return nil
		}
		return m.leave()
	case actCleaned:
		return m.cleanUp()
	}
	return nil
}

// choose records a choice. It is written to the disk before the step runs, so
// a choice that cannot be written stops it, with the reason.
func (m *model) choose(id steps.ID, name, value string) error {
	err := m.drv.Choose(id, name, value)
	if err != nil {
		m.trouble[id] = err.Error()
	}
	m.sync()
	return err
}

// leave ends the program, after what runs has been stopped in order.
func (m *model) leave() tea.Cmd {
	if m.act == idle || m.cancel == nil {
		return tea.Quit
	}
	m.leaving = true
	m.cancel()
	m.flash = m.txt.Say.Leaving
	return nil
}

// cleanUp removes everything and leaves; where something could not be removed
// it stays, so that the reason can be read.
func (m *model) cleanUp() tea.Cmd {
	if m.act != idle {
		m.flash = m.txt.Say.Busy
		return nil
	}
	m.show(m.walk.pos(stepCleanup))
	m.then = func(m *model) tea.Cmd {
		m.cleaned = true
		return tea.Quit
	}
	return m.do(cleaning, stepCleanup, m.drv.Cleanup)
}

// quit asks, unless there is nothing to lose.
func (m *model) quit() tea.Cmd {
	if m.leaving {
		return tea.Quit
	}
	if m.act == idle && len(m.walk.existing()) == 0 && m.screen != screenWalk {
		return tea.Quit
	}
	m.open(m.quitDialog)
	return nil
}

// repeat runs the step again. Where it or later steps made something, that is
// removed first, because the step would not show the same thing otherwise.
func (m *model) repeat() tea.Cmd {
	switch {
	case m.screen == screenCover || m.screen == screenFinish:
		m.flash = m.txt.Say.NotHere
		return nil
	case m.act != idle:
		m.flash = m.txt.Say.Busy
		return nil
	case m.walk.peek(m.id()).attempts == 0:
		return m.ask()
	}
	if len(m.walk.since(m.id())) > 0 {
		m.open(m.rewindDialog)
		return nil
	}
	m.screen = screenWalk
	return m.ask()
}

// hint climbs the ladder: first the hint, then the solution.
func (m *model) hint() {
	page := m.page()
	switch {
	case m.screen == screenCover || m.screen == screenFinish || page.Hint == "" && page.Solution == "":
		m.flash = m.txt.Say.NoHint
	case page.Hint == "" || m.hinted[m.id()] > 0 && page.Solution != "":
		m.openSolution()
	default:
		m.hinted[m.id()] = 1
		m.open(m.hintDialog)
	}
}

func (m *model) openSolution() { m.open(m.solutionDialog) }

// notes shows what is written for the trainer.
func (m *model) notes() {
	if m.page().Notes == "" {
		m.flash = m.txt.Say.NoNotes
		return
	}
	m.open(m.notesDialog)
}

func (m *model) otherLang() tea.Cmd {
	next := "en"
	if m.lang == "en" {
		next = "ko"
	}
	if !m.setLang(next) {
		m.flash = m.txt.Say.NoLang
	}
	return nil
}
