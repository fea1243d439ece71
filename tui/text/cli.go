package text

// CLI is what the command line says by itself, outside the walk. Verbs are
// fmt's, in the order that the field's comment gives.
type CLI struct {
	NeedsTerminal string
	Locked        string // pid
	Unreadable    string // session directory
	Exists        string // how many resources, session directory
	GoOn          string // command to go on, command to clean up
	Elsewhere     string // session, how many resources, account, region, command to clean up
	CreateWord    string
	DeleteWord    string
	TypeWord      string // the word
	NeedsYes      string
	NothingDone   string
	WillDelete    string // how many resources, account, region
	LabOpen       string // endpoint
	LabEval       string
	LabSSH        string // ssh_config
	LabStop       string
	NotReal       string // endpoint
	RightsMissing string // how many
	NoSession     string // name
	PolicyFor     string // region
	PolicyProve   string
	NoOrphans     string
	Orphans       string // how many sessions, account, region
	OrphansWhose  string
	OrphansOne    string // command to clean up the first

	Wrong Wrong
}

// CLIOf is the command line's words in a language; Korean where it is unknown.
func CLIOf(lang string) *CLI {
	if lang == "en" {
		return &cliEn
	}
	return &cliKo
}

var cliKo = CLI{
	NeedsTerminal: "전체 화면은 터미널에서만 열 수 있습니다. 파이프나 CI에서는 gatewalk run 을 사용하십시오",
	Locked:        "다른 gatewalk(pid %d)가 이 세션을 사용하고 있습니다. 그쪽을 종료하거나 --session 으로 다른 이름을 지정하십시오",
	Unreadable:    "%s: 세션 기록을 읽을 수 없습니다. 만든 리소스는 gatewalk cleanup --aws --orphans 로 태그를 찾아 정리할 수 있습니다",
	Exists:        "남아 있는 리소스가 %d개 있습니다. 기록: %s",
	GoOn:          "이어서 진행: %s · 정리: %s",
	Elsewhere:     "다른 세션 %s에 아직 리소스 %d개가 남아 있습니다. 계정 %s, 리전 %s · 정리: %s",
	CreateWord:    "생성",
	DeleteWord:    "삭제",
	TypeWord:      "계속하려면 다음 단어를 입력하십시오 [%s]:",
	NeedsYes:      "확인을 입력받을 터미널이 없습니다. 계획을 검토했다면 --yes 를 붙이십시오",
	NothingDone:   "확인 단어가 입력되지 않아 아무것도 하지 않았습니다",
	WillDelete:    "리소스 %d개를 삭제합니다. 계정 %s, 리전 %s:",
	LabOpen:       "실습 환경이 열렸습니다: %s",
	LabEval:       "다른 터미널에서 아래 줄을 그대로 실행하십시오.",
	LabSSH:        "SSH 접속: ssh -F %[1]s bastion · ssh -F %[1]s private",
	LabStop:       "Ctrl+C 를 누르면 종료하며, 상태는 저장됩니다.",
	NotReal:       "주의: %s 는 실제 AWS가 아닙니다.",
	NoOrphans:     "기록이 없는 리소스는 찾지 못했습니다.",
	Orphans:       "기록을 잃어버린 세션 %d개의 리소스를 태그로 찾았습니다. 계정 %s, 리전 %s:",
	NoSession:     "%q 세션이 없습니다. gatewalk status 로 이름을 확인하십시오",
	PolicyFor:     "리전 %s에서만 쓸 수 있는 정책입니다(다른 리전은 --region). 실습할 사용자나 역할에 다음과 같이 연결합니다.",
	PolicyProve:   "연결한 뒤 gatewalk run --aws --dry-run 으로 아무것도 만들지 않고 권한을 확인할 수 있습니다.",
	OrphansWhose:  "다른 사람이 다른 컴퓨터에서 지금 진행하고 있는 세션일 수 있습니다. 시작 시각을 확인하십시오.",
	OrphansOne:    "한 세션만 정리하려면 그 이름을 지정하십시오. 예: %s",
	RightsMissing: "필요한 권한 %d개가 없습니다. 필요한 정책은 gatewalk policy iam 으로 볼 수 있습니다",

	Wrong: wrongKo,
}

var cliEn = CLI{
	NeedsTerminal: "the full screen needs a terminal; in a pipe or CI use gatewalk run",
	Locked:        "another gatewalk (pid %d) is using this session; end it, or name another session with --session",
	Unreadable:    "%s: the session's record cannot be read; gatewalk cleanup --aws --orphans finds by tag what it has made",
	Exists:        "%d resources exist. Recorded in %s",
	GoOn:          "To go on: %s · to clean up: %s",
	Elsewhere:     "Another session, %s, still has %d resources in account %s, region %s · to clean up: %s",
	CreateWord:    "create",
	DeleteWord:    "delete",
	TypeWord:      "Type [%s] to go on:",
	NeedsYes:      "there is no terminal to ask on; add --yes once you have read the plan",
	NothingDone:   "the word was not typed, so nothing was done",
	WillDelete:    "%d resources will be deleted in account %s, region %s:",
	LabOpen:       "The lab is open at %s",
	LabEval:       "Run these lines in another terminal.",
	LabSSH:        "By SSH: ssh -F %[1]s bastion · ssh -F %[1]s private",
	LabStop:       "Ctrl+C ends it; its state is kept.",
	NotReal:       "Note: %s is not real AWS.",
	NoOrphans:     "Nothing was found that has no record.",
	Orphans:       "Found by tag what %d lost sessions left, in account %s, region %s:",
	NoSession:     "there is no session %q; gatewalk status lists them",
	PolicyFor:     "This policy is for the region %s alone (--region for another). Attach it to the user or role that will walk:",
	PolicyProve:   "Then gatewalk run --aws --dry-run proves the rights and makes nothing.",
	OrphansWhose:  "It may be somebody else's session that is being walked on another computer: look at when it began.",
	OrphansOne:    "To clean up one of them alone, name it: %s",
	RightsMissing: "%d rights that the walk needs are missing; gatewalk policy iam prints the policy",

	Wrong: wrongEn,
}
