package text

// Wrong is what is said of a command line that cannot be meant, and of a file
// that is not what it should be. Each says what to do instead.
type Wrong struct {
	Flag, NoValue, Value          string // of a flag: flag, command; flag, command; flag, value, command
	Command, Near, Write          string // word; what may have been meant; how it is written
	OneOf, Seconds, Speed         string // what it is, value, choices; flag, value; value
	From, Bucket, URL, URLSecret  string // value; value; value
	Tag, Tags                     string // value
	AccountFlags, Session         string // value
	LabAndAWS, Fault, FaultNumber string // value; value
	Pcap, PcapHost                string // value; host
	Proxy                         string
	NoHome, StateDir              string // the reason; path, the reason
	NoRun, NoFile, NothingIn      string // folder; name; name
	NotASession, Damaged, Newer   string // name; name, line, the reason; name
	CastExists, Cast              string // file; file, the reason
}

var wrongKo = Wrong{
	Flag:         "알 수 없는 옵션입니다: %s. %s --help 로 옵션을 확인하십시오",
	NoValue:      "옵션에 값이 없습니다: %s. %s --help 로 쓰는 법을 확인하십시오",
	Value:        "%s %q: 이 옵션에 쓸 수 없는 값입니다. %s --help 로 쓰는 법을 확인하십시오",
	Command:      "알 수 없는 명령입니다: %q. gatewalk --help 로 명령을 확인하십시오",
	Near:         "알 수 없는 명령입니다: %q. 비슷한 명령이 있습니다: gatewalk %s",
	Write:        "명령을 다음과 같이 쓰십시오: %s",
	OneOf:        "%s %q: 다음 가운데 하나를 쓰십시오: %s",
	Seconds:      "%s %q: 초 단위로 쓰십시오. 예: 20 또는 1m30s",
	Speed:        "--speed %s: 0보다 크고 1000 이하인 수를 쓰십시오. 예: 20",
	From:         "--ssh-from %q: IPv4 주소나 CIDR을 쓰십시오. 예: 203.0.113.7/32. 모두에게 여는 0.0.0.0/0은 쓸 수 없습니다",
	Bucket:       "--bucket %q: 소문자, 숫자, 하이픈으로 3~63자를 쓰고, 첫 글자와 끝 글자는 소문자나 숫자로 하십시오. S3가 예약한 이름은 쓸 수 없습니다",
	Tag:          "--tag %q: CostCenter=42처럼 KEY=VALUE로 쓰십시오. 문자, 숫자, 공백과 _.:/=+@- 만 쓸 수 있고, Name과 gatewalk:…, aws:…는 쓸 수 없습니다",
	Tags:         "--tag: 20개까지 지정할 수 있습니다",
	URL:          "--endpoint-url %q: URL을 쓰십시오. 예: http://127.0.0.1:5000",
	URLSecret:    "--endpoint-url 에 사용자 이름과 암호를 넣지 마십시오. 이 주소는 화면에 나오고 기록에도 남습니다",
	AccountFlags: "--profile 과 --region 은 내 AWS 계정에서 쓰는 옵션입니다. --aws 와 함께 쓰십시오",
	Session:      "--session %q: 세션 이름은 폴더 하나의 이름입니다. / 를 빼고, 점으로 시작하지 않게 쓰십시오",
	LabAndAWS:    "gatewalk lab 은 프로그램 안의 실습용 AWS를 여는 명령입니다. --aws 를 빼십시오",
	Fault:        "--fault %q: 작업=오류코드 형식으로 쓰십시오. 예: RunInstances=InsufficientInstanceCapacity",
	FaultNumber:  "--fault %q: 횟수는 1 이상의 수, 시간은 2s 와 같이 쓰십시오",
	Pcap:         "--pcap %q: 인스턴스=파일 형식으로 쓰십시오. 예: private=private.pcap",
	PcapHost:     "--pcap %q: 그런 인스턴스가 없습니다. bastion 과 private 은 --prepared 를 붙여야 처음부터 있습니다",
	Proxy:        "ALL_PROXY: socks5, socks5h, http 가운데 하나로 시작하는 URL을 쓰십시오. 예: socks5h://127.0.0.1:1080",
	NoHome:       "세션을 저장할 폴더를 알 수 없습니다(%v). --state-dir 로 지정하십시오",
	StateDir:     "%s: 세션을 저장할 수 없습니다(%v). 폴더의 권한을 확인하거나 --state-dir 로 다른 폴더를 지정하십시오",
	NoRun:        "기록된 실습이 없습니다(%s). 먼저 gatewalk 를 실행하거나 파일을 지정하십시오",
	NoFile:       "%q: 그런 파일이나 세션이 없습니다. gatewalk status 로 세션 이름을 확인하십시오",
	NothingIn:    "%s: 시작한 단계가 기록되어 있지 않습니다. gatewalk status 로 다른 세션을 고르십시오",
	NotASession:  "%s: gatewalk의 세션 기록이 아닙니다. 세션 폴더의 events.jsonl 을 지정하십시오. asciicast는 asciinema play 로 재생합니다",
	Damaged:      "%s: %d번째 줄이 손상되어 읽을 수 없습니다(%s). 그 줄을 지우거나 다른 사본을 사용하십시오",
	Newer:        "%s: 더 새로운 gatewalk가 만든 기록입니다. gatewalk를 업데이트하십시오",
	CastExists:   "--record %q: 이미 있는 파일은 덮어쓰지 않습니다. 다른 이름을 지정하거나 그 파일을 지우십시오",
	Cast:         "--record %q: 이 파일에 쓸 수 없습니다(%v). 다른 경로를 지정하십시오",
}

var wrongEn = Wrong{
	Flag:         "there is no flag %s; %s --help lists the flags",
	NoValue:      "the flag %s needs a value; see %s --help",
	Value:        "%s %q: not a value of this flag; see %s --help",
	Command:      "there is no command %q; gatewalk --help lists them",
	Near:         "there is no command %q; perhaps gatewalk %s is meant",
	Write:        "write it like this: %s",
	OneOf:        "%s %q: must be one of %s",
	Seconds:      "%s %q: must be seconds, such as 20 or 1m30s",
	Speed:        "--speed %s: must be a number above 0 and up to 1000, such as 20",
	From:         "--ssh-from %q: must be an IPv4 address or CIDR, such as 203.0.113.7/32, and not everybody's",
	Bucket:       "--bucket %q: must be 3 to 63 of a-z, 0-9 and hyphens, beginning and ending with a letter or digit, and nothing that S3 reserves",
	Tag:          "--tag %q: must be KEY=VALUE, such as CostCenter=42, of letters, digits, spaces and _.:/=+@-, and neither Name nor gatewalk:… nor aws:…",
	Tags:         "--tag: at most 20 of them",
	URL:          "--endpoint-url %q: must be a URL, such as http://127.0.0.1:5000",
	URLSecret:    "--endpoint-url: leave out the user and password, for the address is shown and recorded",
	AccountFlags: "--profile and --region choose an AWS account: use them with --aws",
	Session:      "--session %q: must be the name of one folder, without / and not beginning with a dot",
	LabAndAWS:    "gatewalk lab opens the AWS inside this program: leave out --aws",
	Fault:        "--fault %q: must be ACTION=CODE, such as RunInstances=InsufficientInstanceCapacity",
	FaultNumber:  "--fault %q: a count must be a number above 0, and a time such as 2s",
	Pcap:         "--pcap %q: must be HOST=FILE, such as private=private.pcap",
	PcapHost:     "--pcap %q: there is no such instance; bastion and private are there from the start with --prepared",
	Proxy:        "ALL_PROXY: must be a socks5, socks5h or http URL, such as socks5h://127.0.0.1:1080",
	NoHome:       "no folder for sessions is known (%v); name one with --state-dir",
	StateDir:     "%s: the session cannot be kept there (%v); check the folder's permissions, or name another with --state-dir",
	NoRun:        "no run is recorded in %s; walk first, or name a file",
	NoFile:       "%q: no such file or session; gatewalk status lists the sessions",
	NothingIn:    "%s: no step is recorded in it; gatewalk status lists the sessions",
	NotASession:  "%s: not a session of gatewalk; name the events.jsonl of a session's folder (an asciicast is played by asciinema play)",
	Damaged:      "%s: line %d is damaged (%s); delete that line, or use another copy",
	Newer:        "%s: recorded by a gatewalk newer than this program; update gatewalk",
	CastExists:   "--record %q: a file that exists is not overwritten; choose another name, or delete it",
	Cast:         "--record %q: cannot be written (%v); choose another path",
}
