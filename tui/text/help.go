package text

// Help is what --help says: a line for every command and every flag.
type Help struct {
	Usage, Commands, Flags, Global, Exit string // headings
	Default                              string // verb: the value
	// Command is by the command's path below the program, "" for the program
	// itself.
	Command map[string]string
	// Flag is by name, or by the command's path and the name ("run json") where
	// a flag says something else there.
	Flag map[string]string
	// Statuses are the exit statuses and what they mean.
	Statuses [][2]string
}

// HelpOf is the help in a language; Korean where it is unknown.
func HelpOf(lang string) *Help {
	if lang == "en" {
		return &helpEn
	}
	return &helpKo
}

var helpKo = Help{
	Usage: "사용법", Commands: "명령", Flags: "옵션", Global: "공통 옵션", Exit: "종료 코드", Default: "기본값 %s",
	Command: map[string]string{
		"":                      "S3 게이트웨이 엔드포인트 실습을 전체 화면으로 시작합니다. 기본은 프로그램 안의 실습용 AWS입니다.",
		"run":                   "전체 화면 없이 같은 실습을 실행합니다. 모든 결과가 확인되어야 종료 코드가 0입니다.",
		"lab":                   "실습용 AWS를 열어 두고 내 aws, ssh, curl, boto3로 직접 실습합니다.",
		"ssh":                   "인스턴스의 셸을 열거나 명령 하나를 실행합니다.",
		"status":                "세션별로 남아 있는 리소스와 비용을 보여 줍니다. --aws를 붙이면 계정에 직접 물어봅니다.",
		"cleanup":               "기록된 리소스를 모두 지우고, 남은 것이 없는지 다시 조회합니다.",
		"replay":                "기록된 실행을 재생합니다. 지정하지 않으면 마지막 세션입니다.",
		"report":                "기록된 실행을 제출용 한 페이지로 만듭니다. 지정하지 않으면 마지막 세션입니다.",
		"policy":                "실습에 필요한 최소 권한, 또는 버킷에 적용하는 정책을 출력합니다.",
		"notes":                 "강사용 메모와 타이머를 두 번째 터미널에 보여 줍니다.",
		"help":                  "명령의 도움말을 보여 줍니다.",
		"completion":            "셸 자동 완성 스크립트를 출력합니다.",
		"completion bash":       "bash용 스크립트를 출력합니다. 적용: source <(gatewalk completion bash)",
		"completion zsh":        "zsh용 스크립트를 출력합니다. 적용: source <(gatewalk completion zsh)",
		"completion fish":       "fish용 스크립트를 출력합니다. 적용: gatewalk completion fish | source",
		"completion powershell": "PowerShell용 스크립트를 출력합니다. 적용: gatewalk completion powershell | Out-String | Invoke-Expression",
	},
	Flag: map[string]string{
		"help":            "이 도움말을 보여 줍니다",
		"version":         "버전을 보여 줍니다",
		"aws":             "실습용 AWS 대신 내 AWS 계정에서 실행합니다",
		"profile":         "사용할 AWS 프로필 (AWS_PROFILE)",
		"region":          "사용할 AWS 리전 (AWS_REGION)",
		"endpoint-url":    "Amazon의 것이 아닌 AWS 엔드포인트 (AWS_ENDPOINT_URL)",
		"lang":            "표시 언어. 지정하지 않으면 LC_ALL, LC_MESSAGES, LANG을 따르고, 없으면 한국어",
		"state-dir":       "세션을 저장할 폴더",
		"session":         "세션 이름. 여러 실습을 따로 진행할 때 지정합니다",
		"copy-key":        "안내서처럼 키를 배스천 호스트에 복사합니다. 기본은 점프(-J)입니다",
		"ssh-from":        "배스천 호스트에 SSH를 허용할 IPv4 주소 또는 CIDR. 지정하지 않으면 내 공인 주소를 찾습니다",
		"bucket":          "만들 버킷의 이름. 지정하지 않으면 세션마다 다르게 짓습니다",
		"tag":             "만드는 모든 리소스에 붙일 태그. 여러 번 지정할 수 있습니다",
		"silence":         "오지 않는 응답을 기다리는 시간",
		"speed":           "실습용 AWS와 --endpoint-url에서 대기 시간을 이 배수만큼 줄입니다",
		"dns":             "실습용 DNS가 S3 주소를 답하는 방식: guide(한 개) 또는 today(여덟 개)",
		"present":         "프로젝터용으로 크게, 말은 적게 표시합니다",
		"auto":            "이 시간이 지나면 저절로 다음으로 넘어갑니다",
		"ascii":           "ASCII 문자만으로 그립니다",
		"no-color":        "색을 사용하지 않습니다 (NO_COLOR)",
		"background":      "터미널의 배경. 지정하지 않으면 터미널에 물어봅니다",
		"record":          "화면을 이 파일에 asciicast로도 기록합니다",
		"mouse":           "마우스를 사용합니다",
		"until":           "이 단계까지만 실행합니다",
		"run json":        "한 줄에 이벤트 하나씩 JSON으로 출력합니다",
		"keep":            "끝나도 정리하지 않습니다",
		"run yes":         "만들기 전에 묻지 않습니다",
		"dry-run":         "계획을 보여 주고 권한만 확인합니다. 아무것도 만들지 않습니다",
		"listen":          "API를 열 루프백 주소",
		"prepared":        "3.1 단계까지 미리 준비합니다",
		"fault":           "API 작업을 실패하게 합니다: 작업=오류코드, =throttle:N, =delay:2s, =hide:10s, =lost. 끝을 정하려면 ,times=N",
		"pcap":            "인스턴스의 패킷을 Wireshark용 파일로 기록합니다: bastion=파일, private=파일, i-…=파일",
		"status json":     "JSON으로 출력합니다",
		"cleanup yes":     "지우기 전에 묻지 않습니다",
		"empty-bucket":    "버킷에 직접 넣은 파일도 함께 지웁니다",
		"orphans":         "기록을 잃어버린 세션의 리소스도 태그로 찾습니다",
		"html":            "Markdown 대신 HTML로 출력합니다",
		"no-descriptions": "설명 없이 완성합니다",
		"replay speed":    "기록된 실행을 이 배수만큼 빠르게 재생합니다",
	},
	Statuses: [][2]string{
		{"0", "모두 확인되었습니다"},
		{"1", "확인되지 않은 것이 있거나 실패했습니다"},
		{"2", "명령을 잘못 썼습니다"},
		{"3", "계정에 남은 리소스가 있습니다"},
		{"130", "Ctrl+C로 중단했습니다"},
	},
}

var helpEn = Help{
	Usage: "Usage", Commands: "Commands", Flags: "Flags", Global: "Flags of every command", Exit: "Exit status", Default: "default %s",
	Command: map[string]string{
		"":                      "Walk through S3 gateway endpoints, full screen. By default in a lab: an AWS inside the program.",
		"run":                   "The same walk as a transcript; exit status 0 only if every observation held.",
		"lab":                   "Keep the lab open for your own aws, ssh, curl and boto3.",
		"ssh":                   "Open a shell, or run one command, on an instance.",
		"status":                "Show the sessions, what exists and what it costs; with --aws, what the account itself says.",
		"cleanup":               "Remove all that is recorded, and describe it again to prove that nothing is left.",
		"replay":                "Play a recorded run; the last session if none is named.",
		"report":                "Make one page of a recorded run, to hand in or to hand out; of the last session if none is named.",
		"policy":                "Print the least rights that the walk needs, or the bucket policy that it sets.",
		"notes":                 "Show a trainer's notes and timer on a second terminal.",
		"help":                  "Show the help of a command.",
		"completion":            "Print a completion script for your shell.",
		"completion bash":       "Print the script for bash. To use it: source <(gatewalk completion bash)",
		"completion zsh":        "Print the script for zsh. To use it: source <(gatewalk completion zsh)",
		"completion fish":       "Print the script for fish. To use it: gatewalk completion fish | source",
		"completion powershell": "Print the script for PowerShell. To use it: gatewalk completion powershell | Out-String | Invoke-Expression",
	},
	Flag: map[string]string{
		"help":            "show this help",
		"version":         "show the version",
		"aws":             "walk on your own AWS account instead of the lab",
		"profile":         "the AWS profile to use (AWS_PROFILE)",
		"region":          "the AWS region to use (AWS_REGION)",
		"endpoint-url":    "an AWS endpoint that is not Amazon's (AWS_ENDPOINT_URL)",
		"lang":            "the language; else that of LC_ALL, LC_MESSAGES or LANG, else Korean",
		"state-dir":       "the folder where sessions are kept",
		"session":         "the name of the session, to have more than one",
		"copy-key":        "copy the key to the bastion as the guide does, instead of jumping (-J)",
		"ssh-from":        "the IPv4 address or CIDR that may reach the bastion by SSH; else your public address is found",
		"bucket":          "the name of the bucket to make; else one of the session's own",
		"tag":             "a tag for everything that is made; may be given again for another",
		"silence":         "how long to wait for an answer that never comes",
		"speed":           "make the waits of the lab, or of an --endpoint-url, this many times shorter",
		"dns":             "how the lab's resolver answers for S3: guide (one address) or today (eight)",
		"present":         "large and few words, for a projector",
		"auto":            "go on by itself after this long",
		"ascii":           "draw with ASCII only",
		"no-color":        "use no colours (NO_COLOR)",
		"background":      "the terminal's background; else the terminal is asked",
		"record":          "also write the screen to this file as an asciicast",
		"mouse":           "follow the mouse",
		"until":           "stop after this step",
		"run json":        "print one event a line as JSON",
		"keep":            "do not clean up at the end",
		"run yes":         "do not ask before creating",
		"dry-run":         "show the plan and prove the rights; make nothing",
		"listen":          "the loopback address of the lab's API",
		"prepared":        "provision step 3.1 first",
		"fault":           "let an API action fail: ACTION=CODE, or =throttle:N, =delay:2s, =hide:10s, =lost; add ,times=N to end it",
		"pcap":            "write an instance's packets for Wireshark: bastion=FILE, private=FILE or i-…=FILE",
		"status json":     "print JSON",
		"cleanup yes":     "do not ask before deleting",
		"empty-bucket":    "also delete the files in the bucket that the walk did not put there",
		"orphans":         "also find by tag what a lost session left",
		"html":            "print HTML instead of Markdown",
		"no-descriptions": "complete without descriptions",
		"replay speed":    "play the recorded run this many times as fast",
	},
	Statuses: [][2]string{
		{"0", "everything held"},
		{"1", "something did not hold, or failed"},
		{"2", "the command line was wrong"},
		{"3", "something is left on the account"},
		{"130", "interrupted with Ctrl+C"},
	},
}
