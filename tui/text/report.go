package text

// Report is what the page of a recorded run says by itself.
type Report struct {
	Lab, AWS, NotReal, Account, Region, Date, Took, Cost, Free string
	Held                                                       string // verbs: how many steps held, of how many
	Lead, LeadBefore, LeadStill                                string // both were run; only the first; the second failed too
	BeforeTitle, AfterTitle, NotRun, Silent, Arrives           string
	SilentFor                                                  string // verb: for how many seconds
	ExitStatus                                                 string // verb: the status
	Change                                                     string
	Network, Internet, Gateway, Public, Private, Routes        string
	ListTitle, ListLead                                        string
	RoutesTitle, RoutesLead                                    string
	RouteHead                                                  []string // destination, target, state, origin
	New                                                        string
	PrefixTitle, PrefixLead                                    string
	Met                                                        string
	PairsTitle                                                 string
	PolicyTitle                                                string
	PolicyHead                                                 []string // policy, effect, principal, action, resource
	Policy                                                     map[string]string
	PredictTitle, PredictSaid, PredictCame, Right, Wrong       string
	StepsTitle                                                 string
	Left, LeftSome, LeftUnknown                                string // verb of LeftSome: how many
	Host                                                       map[string]string
	Table                                                      map[string]string
	Foot                                                       string
}

// ReportOf is the report's words in a language; Korean where it is unknown.
func ReportOf(lang string) *Report {
	if lang == "en" {
		return &reportEn
	}
	return &reportKo
}

var reportKo = Report{
	Lab: "실습용 AWS (lab)", AWS: "실제 AWS 계정", NotReal: "AWS가 아닌 엔드포인트", Account: "계정", Region: "리전", Date: "실행 시각", Took: "걸린 시간", Cost: "비용", Free: "$0.00",
	Held:        "%d / %d 단계 확인",
	Lead:        "프라이빗 인스턴스에서 같은 명령을 두 번 실행했습니다. 그사이에 바뀐 것은 라우팅 테이블의 경로 하나입니다.",
	LeadBefore:  "프라이빗 인스턴스에서 실행한 명령에 응답이 없었습니다. 엔드포인트를 만든 뒤에는 아직 다시 실행하지 않았습니다.",
	LeadStill:   "프라이빗 인스턴스에서 같은 명령을 두 번 실행했지만, 엔드포인트를 만든 뒤에도 S3에 닿지 못했습니다.",
	BeforeTitle: "엔드포인트 생성 전", AfterTitle: "엔드포인트 생성 후", NotRun: "실행하지 않았습니다.", Silent: "응답 없음", Arrives: "S3에 도착",
	SilentFor:  "%d초 동안 응답이 없어 Ctrl+C로 중단했습니다.",
	ExitStatus: "종료 코드 %s",
	Change:     "달라진 한 줄",
	Network:    "네트워크", Internet: "인터넷", Gateway: "인터넷 게이트웨이", Public: "퍼블릭 서브넷", Private: "프라이빗 서브넷", Routes: "라우팅 테이블",
	ListTitle: "같은 명령, 다른 결과", ListLead: "역할과 버킷은 두 인스턴스가 같습니다. 서브넷의 라우팅 테이블만 다릅니다.",
	RoutesTitle: "라우팅 테이블", RoutesLead: "새로 생긴 행은 엔드포인트를 만들 때 AWS가 추가했습니다. 라우팅 API로는 지우거나 고칠 수 없습니다.",
	RouteHead: []string{"대상", "타깃", "상태", "출처"}, New: "추가됨",
	PrefixTitle: "관리형 접두사 목록", PrefixLead: "새 경로의 대상은 이 목록에 있는 S3의 공인 주소 범위 전체입니다.", Met: "nslookup에서 본 주소",
	PairsTitle:   "두 인스턴스를 나란히",
	PolicyTitle:  "요청을 허용하는 정책",
	PolicyHead:   []string{"정책", "효과", "보안 주체", "작업", "리소스"},
	Policy:       map[string]string{"role": "역할", "bucket": "버킷", "endpoint": "엔드포인트"},
	PredictTitle: "예상과 결과", PredictSaid: "예상", PredictCame: "결과", Right: "맞음", Wrong: "다름",
	StepsTitle: "단계별로 확인한 것",
	Left:       "남은 리소스 0개. 정리한 뒤 계정을 다시 조회해 확인했습니다.", LeftSome: "남은 리소스 %s개. gatewalk cleanup으로 정리하십시오.", LeftUnknown: "아직 정리하지 않았습니다.",
	Host:  map[string]string{"bastion": "배스천 호스트 (퍼블릭 서브넷)", "private": "프라이빗 인스턴스"},
	Table: map[string]string{"public": "퍼블릭 서브넷의 라우팅 테이블", "private": "프라이빗 서브넷의 라우팅 테이블"},
	Foot:  "gatewalk가 기록한 실행에서 만든 문서입니다. 출력은 모두 실제로 실행한 결과입니다.",
}

var reportEn = Report{
	Lab: "the lab", AWS: "a real AWS account", NotReal: "an endpoint that is not AWS", Account: "Account", Region: "Region", Date: "Run at", Took: "Took", Cost: "Cost", Free: "$0.00",
	Held:        "%d of %d steps held",
	Lead:        "The private instance ran the same command twice. Between the two, one route was added to its route table.",
	LeadBefore:  "The private instance ran the command and heard nothing. It has not run it again with the endpoint.",
	LeadStill:   "The private instance ran the same command twice, and did not reach S3 with the endpoint either.",
	BeforeTitle: "Before the endpoint", AfterTitle: "After the endpoint", NotRun: "It was not run.", Silent: "no answer", Arrives: "reaches S3",
	SilentFor:  "Nothing came for %d seconds; it was stopped with Ctrl+C.",
	ExitStatus: "exit status %s",
	Change:     "The one line that changed",
	Network:    "The network", Internet: "internet", Gateway: "internet gateway", Public: "public subnet", Private: "private subnet", Routes: "route table",
	ListTitle: "One command, two answers", ListLead: "Both instances have the same role and ask for the same bucket. Only their subnets' route tables differ.",
	RoutesTitle: "Route tables", RoutesLead: "AWS added the new row when the endpoint was created. The route APIs can neither change nor delete it.",
	RouteHead: []string{"Destination", "Target", "Status", "Origin"}, New: "new",
	PrefixTitle: "The managed prefix list", PrefixLead: "The new route's destination is all of these: S3's public addresses in the region.", Met: "seen by nslookup",
	PairsTitle:   "Both instances, side by side",
	PolicyTitle:  "The policies that allow the request",
	PolicyHead:   []string{"Policy", "Effect", "Principal", "Action", "Resource"},
	Policy:       map[string]string{"role": "role", "bucket": "bucket", "endpoint": "endpoint"},
	PredictTitle: "Predictions", PredictSaid: "predicted", PredictCame: "came true", Right: "right", Wrong: "otherwise",
	StepsTitle: "What each step showed",
	Left:       "0 resources left: after clean-up the account was described again.", LeftSome: "%s resources left: run gatewalk cleanup.", LeftUnknown: "Not cleaned up yet.",
	Host:  map[string]string{"bastion": "the bastion (public subnet)", "private": "the private instance"},
	Table: map[string]string{"public": "The public subnet's route table", "private": "The private subnet's route table"},
	Foot:  "Made by gatewalk from a recorded run. Everything shown was really run.",
}
