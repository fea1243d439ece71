package text

func korean() *Chrome {
	c := &Chrome{Lang: "ko"}

	c.Head.NotReal = "진짜 AWS가 아닙니다"
	c.Head.Replay, c.Head.Cost = "재생", "비용"
	c.Pane.Lesson, c.Pane.Term, c.Pane.Map, c.Pane.Steps = "학습", "터미널", "네트워크", "단계"

	k := &c.Key
	k.Next, k.Back, k.Forward = "다음", "이전 단계", "다음 단계 보기"
	k.Jump, k.Repeat, k.Stop, k.CtrlC = "단계 고르기", "다시 하기", "중단", "명령 중단"
	k.Tab, k.TabBack = "다음 창", "이전 창"
	k.Up, k.Down, k.PageUp, k.PageDown, k.Top, k.End = "위로", "아래로", "한 화면 위로", "한 화면 아래로", "맨 위로", "맨 아래로"
	k.Compare, k.Map, k.Notes = "나란히 보기", "네트워크 그림", "강사 노트"
	k.Topic, k.TopicBack, k.Swap, k.Zoom, k.Copy = "다른 비교", "이전 비교", "좌우 바꾸기", "한쪽만 보기", "복사"
	k.Hint, k.Help, k.Lang, k.Shell, k.ShellLast = "힌트", "도움말", "한국어/English", "셸", "마지막 셸 열기"
	k.Quit, k.Close, k.Yes, k.No = "끝내기", "닫기", "예", "아니오"
	k.Choose, k.Run, k.Again, k.Begin, k.Resume = "고르기", "실행", "다시 시도", "시작", "이어서 하기"
	k.Finish, k.GoOn, k.CleanUp, k.StepKeys = "마치기", "해결 방법", "모두 삭제", "단계"

	k.More, k.Find = "더 보기", "번호로 찾기"
	k.ShellBack = "셸로 돌아가기"
	k.Leave, k.Large, k.Past, k.Recent = "학습으로 돌아가기", "크게/작게", "지난 출력", "나중 출력"

	g := &c.Group
	g.Walk, g.Look, g.Compare, g.Help, g.Shell, g.Choose = "진행", "보기", "나란히 보기에서", "도움", "셸에서(나머지 키는 셸에 입력됩니다)", "질문에 답할 때"
	g.Hangul = "한글 입력 상태에서도 같은 자리의 키가 그대로 동작합니다."

	v := &c.Cover
	v.About = "프라이빗 서브넷의 EC2 인스턴스는 S3에 닿지 못합니다. S3 게이트웨이 엔드포인트를 만들면 닿습니다. 이름도 주소도 그대로인데 경로만 달라집니다. 그 차이를 직접 실행해서 확인합니다."
	v.Lab = "실습용 AWS가 이 프로그램 안에서 동작합니다. 계정도 비용도 필요 없습니다."
	v.AWS = "실제 AWS 계정에서 진행합니다{where}. 마지막 단계에서 만든 것을 모두 삭제합니다."
	v.NotReal = "AWS가 아닌 다른 엔드포인트에 연결되어 있습니다. 결과가 실제 AWS와 다를 수 있습니다."
	v.Replay = "녹화된 실습을 재생합니다. 아무것도 만들지 않습니다."
	v.How = "Enter만 눌러도 끝까지 진행할 수 있습니다. 전체 과정은 30분 안팎입니다."
	v.Keys = "L 키로 언제든지 한국어와 영어를 바꾸고, ? 키로 모든 단축키를 볼 수 있습니다."
	v.Starting, v.Soon = "실습 환경을 준비하고 있습니다", "준비가 끝나는 대로 시작합니다"
	v.Ready, v.Done = "준비되었습니다. Enter를 누르면 시작합니다.", "모든 단계를 마친 실습입니다. Enter를 누르면 결과를 봅니다."
	v.Resume = "지난번에 멈춘 곳에서 이어집니다: {step} {title}"
	v.Failed = "실습 환경을 준비하지 못했습니다. Enter를 누르면 다시 시도합니다."

	l := &c.Lesson
	l.Margin = 8
	l.What, l.Why, l.Expect = "무엇을", "왜", "볼 것"
	l.Held, l.Failed = "확인했습니다.", "이 단계에서 확인해야 할 것을 확인하지 못했습니다."
	l.Interrupted = "실행이 중단되었습니다. Enter를 누르면 다시 실행합니다."
	l.Stopped = "단계를 실행하지 못했습니다. Enter를 누르면 다시 시도합니다."
	l.Details = "자세히:"
	l.Ways = "enter 해결 방법   r 다시 시도   h 힌트   {back} 이전 단계   s 셸에서 직접 확인"
	l.WaysNoShell = "enter 해결 방법   r 다시 시도   h 힌트   {back} 이전 단계"

	p := &c.Predict
	p.Title, p.Soon, p.Skip = "예상해 보십시오", "실행하기 전에 결과를 먼저 예상해 봅니다.", "예상하지 않고 실행"
	p.SoonRead, p.SkipRead = "Enter를 누르면 이 결과에 대한 질문이 나옵니다.", "예상하지 않고 넘어가기"
	p.Right = "예상이 맞았습니다: {answer}"
	p.Wrong = "예상과 달랐습니다. 예상: {answer} / 실제: {right}"

	t := &c.Term
	t.Planned = "Enter를 누르면 다음을 실행합니다."
	t.Running, t.Removing, t.Waiting, t.Silence = "실행 중", "삭제 중", "기다리는 중", "응답 없음"
	t.StopKey, t.CtrlCKey, t.Exit = "ctrl+c 중단", "ctrl+c 명령 중단", "종료 코드 {status}"
	t.Before, t.After = "생성 전", "생성 후"
	t.PrefixHead = "접두사 목록"
	t.RouteHead = []string{"대상", "타깃", "상태", "출처"}
	t.ServiceHead = []string{"서비스 이름", "유형"}
	t.Listed = map[string]string{"yes": "S3 접두사 목록에 있는 주소", "no": "S3 접두사 목록에 없는 주소"}
	t.LeftHead = []string{"남은 리소스", "ID"}

	n := &c.Map
	n.PC, n.S3, n.Internet = "내 PC", "Amazon S3", "인터넷"
	n.Public, n.Private = "퍼블릭", "프라이빗"
	n.Nothing = "아직 만든 것이 없습니다. 3.1 단계에서 만듭니다."
	n.Table = "라우팅 테이블"
	n.Gone, n.Lost = "만든 것은 모두 삭제되었습니다.", "응답이 돌아오지 않았습니다."
	n.Why = map[string]string{
		"NO_ROUTE_TO_DESTINATION":                "라우팅 테이블에 S3로 가는 경로가 없습니다.",
		"ENI_SG_RULES_MISMATCH":                  "보안 그룹이 이 트래픽을 허용하지 않습니다.",
		"SUBNET_ACL_RESTRICTION":                 "네트워크 ACL이 이 트래픽을 막았습니다.",
		"VPCE_GATEWAY_PROTOCOL_RESTRICTION":      "게이트웨이 엔드포인트는 TCP만 전달합니다. UDP와 ICMP는 조용히 사라집니다.",
		"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS":   "공인 IP 주소가 없어 인터넷 게이트웨이를 지나지 못합니다.",
		"VPCE_GATEWAY_EGRESS_SOURCE_RESTRICTION": "이 주소에서는 게이트웨이 엔드포인트를 쓸 수 없습니다.",
	}
	n.Through = map[string]string{
		"igw":      "인터넷 게이트웨이를 지나 S3에 도착했습니다.",
		"endpoint": "게이트웨이 엔드포인트를 지나 S3에 도착했습니다.",
	}

	x := &c.Compare
	x.ListBoth, x.ListChange = "aws s3 ls: 두 인스턴스", "aws s3 ls: 생성 전과 후"
	x.Routes, x.Prefix, x.Addresses = "프라이빗 라우팅 테이블: 생성 전과 후", "S3 주소와 접두사 목록", "nslookup이 답한 주소"
	x.Before, x.After, x.Silent, x.Copied = "(생성 전)", "(생성 후)", "(아무 출력도 없음)", "양쪽 내용을 클립보드에 복사했습니다."

	f := &c.Form
	f.Title, f.Category, f.CategoryAWS = "엔드포인트 생성", "서비스 범주", "AWS 서비스"
	f.Service, f.Tables, f.Policy = "서비스", "라우팅 테이블", "정책"
	f.Private, f.Public = "프라이빗 서브넷", "퍼블릭 서브넷"
	f.FullAccess, f.Custom, f.Create = "전체 액세스", "사용자 지정", "엔드포인트 생성"
	f.NotInterface = "인터페이스 유형은 시간당 요금이 들고 원리가 다릅니다. 이 실습에서는 Gateway 유형을 고르십시오."
	f.NotCustom = "이 실습은 전체 액세스로 진행합니다. 정책은 5단계에서 다룹니다."
	f.Missing = "아직 고르지 않은 항목이 있습니다."
	f.Hint = "어느 서브넷의 인스턴스가 S3에 닿아야 하는지 생각해 보십시오."

	j := &c.Jump
	j.Title, j.BringTitle = "단계 고르기", "앞 단계가 남아 있습니다"
	j.Bring = "{step} 단계를 실행하려면 {last} 단계까지 먼저 마쳐야 합니다."
	j.BringYes, j.BringNo = "{last} 단계까지 지금 한 번에 실행", "남은 첫 단계로 이동"

	w := &c.Ways
	w.Title, w.Intro = "어떻게 할까요?", "기대한 결과가 나오지 않았습니다. 이럴 때 원인을 찾는 것도 실습의 일부입니다."
	w.Again, w.Hint, w.Back, w.Shell = "다시 시도", "힌트 보기", "이전 단계로 돌아가 살펴보기", "셸에서 직접 확인"
	w.Redo = "{step} 단계를 다시 실행(삭제하지 않음)"
	w.Anew = "{step} 단계부터 삭제하고 새로 만들기"
	w.Form = "{step} 단계로 돌아가 라우팅 테이블을 다시 고르기"

	h := &c.Hint
	h.Title, h.Solution, h.ToSolution, h.Notes = "힌트", "해답", "해답 보기", "강사 노트"

	s := &c.Shell
	s.Title, s.Intro = "셸 열기", "어느 인스턴스에 접속할까요?"
	s.Pane = "{host} 셸"
	s.Connecting = "{host}에 접속하는 중"
	s.Back = "{n}줄 전"
	s.Whole = "셸이 이미 창 전체를 쓰고 있습니다."
	s.Quiet = "{n}초째 응답 없음"
	s.Lost = "{host} 연결이 끊어졌습니다. s 키로 다시 접속할 수 있습니다."

	q := &c.Quit
	q.Title, q.Nothing = "끝낼까요?", "남아 있는 리소스가 없습니다."
	q.Exists = "AWS 계정에 리소스 **{n}개**가 남아 있습니다."
	q.Costs = "지금까지 약 {usd}, 그대로 두면 시간당 약 {hour}의 요금이 듭니다."
	q.Lab = "실습 환경에 리소스 {n}개가 있습니다. 비용은 들지 않으며, 다음에 실행하면 이 자리에서 이어집니다."
	q.Running = "실행 중인 단계를 안전하게 멈춘 뒤 끝냅니다."
	q.Stay, q.Keep, q.Leave, q.CleanUp = "계속하기", "이대로 두고 끝내기 (다음에 이어서)", "끝내기 (다음에 이어서)", "만든 것을 모두 삭제하고 끝내기"

	o := &c.Confirm
	o.Word, o.Or = "삭제", " 또는 "
	o.Type = "계속하려면 다음 낱말을 입력하고 Enter를 누르십시오: {word}"
	o.Wrong = "낱말이 다릅니다. 진행하려면 그대로 입력하고, 그만두려면 esc를 누르십시오: {word}"
	o.More = "… 그 밖에 {n}줄"
	o.RewindTitle = "되돌리고 다시 하기"
	o.Rewind = "{step} 단계를 다시 하려면 이 단계부터 만든 다음 리소스를 먼저 삭제해야 합니다."
	o.CleanTitle = "모두 삭제하기"
	o.Clean = "이 실습이 만든 리소스 {n}개를 삭제하고, 실제로 없어졌는지 하나씩 확인합니다."
	o.SpendWord = "생성"
	o.SpendTitle = "AWS 계정에 리소스를 만듭니다"

	pl := &c.Plan
	pl.Account, pl.Region, pl.Session, pl.Cost = "계정", "리전", "세션", "요금"
	pl.SSHKnown = "배스천 호스트의 22번 포트는 {cidr}에만 엽니다."
	pl.SSHAsked = "배스천 호스트의 22번 포트는 내 공인 IP에만 엽니다. 공인 IP는 checkip.amazonaws.com에 물어 확인하며, --ssh-from으로 직접 지정할 수 있습니다."
	pl.About = "시간당 약 {hour}, 보통 걸리는 30분이면 약 {half}. 2026년 공시 가격으로 계산했으며 실제 요금은 AWS 청구서를 따릅니다."
	pl.Billed = "시간 단위 요금은 EBS 볼륨이 연결된 EC2 인스턴스와 공인 IPv4 주소에만 붙습니다. S3 저장과 요청은 1센트가 되지 않으며 나머지는 무료입니다."
	pl.Unpriced = "이 리전의 가격을 알지 못하여, 알고 있는 리전 가운데 가장 비싼 가격으로 계산했습니다."
	pl.Lab = "프로그램 안의 실습 환경이므로 요금이 들지 않습니다. 표시된 가격은 실제 계정에서의 값입니다."
	pl.NotReal = "{endpoint} 엔드포인트는 AWS가 아닙니다."
	pl.Root = "계정의 루트 사용자 키를 쓰고 있습니다. 루트 사용자는 모든 권한을 가지므로, gatewalk policy iam 정책을 연결한 IAM 사용자나 역할로 바꾸는 것이 안전합니다."
	pl.Makes = "다음 리소스 {n}개를 이 순서로 만듭니다."
	pl.Free, pl.Hourly, pl.Tags, pl.NoTags = "무료", "시간당 {hour}", "태그", "태그 없음: 버킷과 함께 삭제됩니다."
	pl.After = "마지막 단계에서, 또는 언제든지 gatewalk cleanup --aws 명령으로 모두 삭제한 뒤 남은 것이 없는지 다시 조회합니다. 리소스는 만들기 전에 먼저 기록하므로 창을 닫거나 전원이 꺼져도 이어서 지울 수 있습니다."
	pl.Denied = "없는 권한 {n}개:"
	pl.Proven = "확인한 권한 {n}개:"
	pl.Open = "대상 리소스가 생기기 전에는 AWS가 알려 주지 않는 권한 {n}개:"
	pl.NothingMade = "아무것도 만들지 않았습니다."
	pl.Reading = "계속 읽기"

	e := &c.Finish
	e.Title = "끝까지 마쳤습니다"
	e.Learnt = `- S3는 VPC 밖에 있습니다. 인터넷 경로가 없는 서브넷에서는 **응답이 없을** 뿐, 오류도 나지 않습니다.
- 게이트웨이 엔드포인트는 선택한 **라우팅 테이블**에 ` + "`pl-… → vpce-…`" + ` 경로를 추가합니다. 바뀐 것은 이것뿐입니다.
- **DNS 이름과 주소는 그대로** 공인 주소입니다. 게이트웨이 엔드포인트는 PrivateLink가 아닙니다.
- traceroute의 별표만으로는 사설 경로를 증명할 수 없습니다. 443번 포트로 보내는 **TCP traceroute**로 구별합니다.`
	e.Steps, e.Predictions, e.Time, e.Cost, e.Left = "마친 단계", "맞힌 예상", "실행 시간", "비용", "남은 리소스"
	e.LeftNow, e.Checked = "{n}개", "{at}에 확인"
	e.Next = "지난 단계를 다시 보려면 ←, 결과를 나란히 보려면 c를 누르십시오. gatewalk report 명령으로 결과를 한 장으로 남길 수 있습니다."

	c.Notes.Waiting = "발표 화면이 단계를 보여 주면 여기에 강사 노트가 나옵니다."
	c.Notes.Reset = "시계 다시 시작"

	st := &c.Status
	st.None = "저장된 세션이 없습니다."
	st.World, st.Lab = "위치", "프로그램 안의 실습 환경"
	st.Since, st.Ago = "시작", "{at} ({ago} 전)"
	st.Walked, st.Nothing = "진행", "아직 없음"
	st.Intended = "(생성 요청 중에 중단됨, 정리할 때 찾아봅니다)"
	st.Exists = "리소스"
	st.Cost = "지금까지 {usd}, 시간당 {hour}"
	st.CleanUp = "정리"
	st.Sum = "남아 있는 리소스는 모두 {n}개이며 시간당 약 {hour}의 요금이 듭니다."
	st.Recorded = "이 컴퓨터의 기록입니다. 계정을 직접 조회하려면 gatewalk status --aws 를 실행하십시오."
	st.Asked = "계정 {account}, 리전 {region} 조회 결과({at}): 세션 태그가 붙은 리소스 {n}개"
	st.AskedNone = "계정 {account}, 리전 {region} 조회 결과({at}): 세션 태그가 붙은 리소스가 없습니다."
	st.Unrecorded = "기록 없음"
	st.Lost = "기록이 없는 리소스는 gatewalk cleanup --aws --orphans 로 확인을 거쳐 삭제할 수 있습니다."
	st.Minutes, st.Hours, st.Days = "{n}분", "{n}시간", "{n}일"

	a := &c.Say
	a.Tiny = "화면이 작습니다({w}×{h}). {minw}×{minh} 이상으로 넓히십시오."
	a.Broken = "화면의 오류 때문에 끝냈습니다. 지금까지 한 것은 저장되어 있으니 gatewalk를 다시 시작하면 이어집니다."
	a.Trouble = "문제가 생겼습니다:"
	a.Busy, a.NotReady = "실행 중입니다. 멈추려면 ctrl+c를 누르십시오.", "아직 준비 중입니다."
	a.NotHere, a.UnknownKey = "이 화면에서는 쓰지 않는 키입니다.", "쓰지 않는 키입니다. ?를 누르면 쓸 수 있는 키가 나옵니다."
	a.AllShown = "더 볼 내용이 없습니다."
	a.First, a.Last, a.EscHere = "첫 단계입니다.", "마지막 단계입니다.", "닫을 것이 없습니다. 끝내려면 q를 누르십시오."
	a.NoHint, a.NoNotes = "이 단계에는 힌트가 없습니다.", "이 단계에는 강사 노트가 없습니다."
	a.NoCompare = "아직 나란히 볼 결과가 없습니다. 3.3과 3.5 단계를 마치면 볼 수 있습니다."
	a.NoShell, a.NoHost = "재생 중에는 셸을 열 수 없습니다.", "아직 접속할 인스턴스가 없습니다. 3.1 단계에서 만듭니다."
	a.TypeThere = "명령은 셸에서 입력합니다. s 키로 셸을 열 수 있습니다."
	a.NoLang = "이 과정은 다른 언어로 제공되지 않습니다."
	a.AutoStops = "자동 진행을 멈췄습니다. Enter로 계속합니다."
	a.Stopping, a.Leaving = "멈추고 있습니다. 한 번 더 누르면 끝내기를 묻습니다.", "안전하게 멈춘 뒤 끝냅니다."

	c.Kind = map[string]string{
		"bucket": "S3 버킷", "object": "S3 객체", "bucket-policy": "버킷 정책",
		"vpc": "VPC", "subnet": "서브넷", "internet-gateway": "인터넷 게이트웨이",
		"route-table": "라우팅 테이블", "route": "경로", "route-table-association": "라우팅 테이블 연결",
		"security-group": "보안 그룹", "key-pair": "키 페어", "role": "IAM 역할", "role-policy": "IAM 정책",
		"instance-profile": "인스턴스 프로파일", "instance": "EC2 인스턴스", "volume": "EBS 볼륨", "vpc-endpoint": "게이트웨이 엔드포인트",
	}
	c.Part = map[string]string{"public": "퍼블릭", "private": "프라이빗", "bastion": "배스천", "sample": "샘플"}
	c.Host = map[string]string{"": "내 PC", "bastion": "배스천 호스트", "private": "프라이빗 인스턴스"}
	return c
}
