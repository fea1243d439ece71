package text

func english() *Chrome {
	c := &Chrome{Lang: "en"}

	c.Head.NotReal = "NOT REAL AWS"
	c.Head.Replay, c.Head.Cost = "REPLAY", "cost"
	c.Pane.Lesson, c.Pane.Term, c.Pane.Map, c.Pane.Steps = "Lesson", "Terminal", "Network", "Steps"

	k := &c.Key
	k.Next, k.Back, k.Forward = "next", "previous step", "look at the next step"
	k.Jump, k.Repeat, k.Stop, k.CtrlC = "go to a step", "repeat", "stop", "interrupt it"
	k.Tab, k.TabBack = "next pane", "previous pane"
	k.Up, k.Down, k.PageUp, k.PageDown, k.Top, k.End = "up", "down", "page up", "page down", "to the top", "to the end"
	k.Compare, k.Map, k.Notes = "side by side", "network map", "trainer's notes"
	k.Topic, k.TopicBack, k.Swap, k.Zoom, k.Copy = "next pair", "previous pair", "swap", "one side", "copy"
	k.Hint, k.Help, k.Lang, k.Shell, k.ShellLast = "hint", "help", "English/한국어", "shell", "open the last shell"
	k.Quit, k.Close, k.Yes, k.No = "quit", "close", "yes", "no"
	k.Choose, k.Run, k.Again, k.Begin, k.Resume = "choose", "run", "try again", "begin", "go on"
	k.Finish, k.GoOn, k.CleanUp, k.StepKeys = "finish", "options", "delete all", "steps"

	k.More, k.Find = "more", "find by number"
	k.ShellBack = "back to the shell"
	k.Leave, k.Large, k.Past, k.Recent = "back to the lesson", "larger, smaller", "earlier output", "later output"

	g := &c.Group
	g.Walk, g.Look, g.Compare, g.Help, g.Shell, g.Choose = "Walking", "Looking", "Side by side", "Help", "In a shell (all other keys are typed there)", "Answering"
	g.Hangul = "The same keys work while a Korean input method is on."

	v := &c.Cover
	v.About = "An EC2 instance in a private subnet cannot reach S3. Add an S3 gateway endpoint, and it can: the name stays, the address stays, only the route is new. You will run it and see it."
	v.Lab = "The AWS of this lesson lives inside the program. It needs no account and costs nothing."
	v.AWS = "This runs in a real AWS account{where}. The last step deletes everything it made."
	v.NotReal = "Connected to an endpoint that is not AWS. Results may differ from the real thing."
	v.Replay = "This plays a recorded walk. Nothing is made."
	v.How = "Enter alone leads to the end. The whole walk takes about half an hour."
	v.Keys = "L switches between English and Korean at any time; ? shows every key."
	v.Starting, v.Soon = "Getting the lesson's network ready", "Starting as soon as it is ready"
	v.Ready, v.Done = "Ready. Press Enter to begin.", "This walk is finished. Press Enter for the result."
	v.Resume = "Going on where you stopped: {step} {title}"
	v.Failed = "The lesson's network could not be made ready. Press Enter to try again."

	l := &c.Lesson
	l.Margin = 8
	l.What, l.Why, l.Expect = "What", "Why", "Expect"
	l.Held, l.Failed = "Confirmed.", "What this step should show was not seen."
	l.Interrupted = "Stopped. Press Enter to run it again."
	l.Stopped = "The step could not run. Press Enter to try again."
	l.Details = "details:"
	l.Ways = "enter options   r try again   h hint   {back} previous step   s look in a shell"
	l.WaysNoShell = "enter options   r try again   h hint   {back} previous step"

	p := &c.Predict
	p.Title, p.Soon, p.Skip = "What do you expect?", "Before it runs, you will be asked what you expect.", "run without guessing"
	p.SoonRead, p.SkipRead = "Enter asks you a question about this output.", "go on without guessing"
	p.Right = "As you expected: {answer}"
	p.Wrong = "Not as expected. You said: {answer} / it was: {right}"

	t := &c.Term
	t.Planned = "Enter runs this:"
	t.Running, t.Removing, t.Waiting, t.Silence = "running", "deleting", "waiting", "no answer"
	t.StopKey, t.CtrlCKey, t.Exit = "ctrl+c stops", "ctrl+c interrupts it", "exit status {status}"
	t.Before, t.After = "before", "after"
	t.PrefixHead = "Prefix list"
	t.RouteHead = []string{"Destination", "Target", "State", "Origin"}
	t.ServiceHead = []string{"Service name", "Type"}
	t.Listed = map[string]string{"yes": "in S3's prefix list", "no": "not in S3's prefix list"}
	t.LeftHead = []string{"Left over", "ID"}

	n := &c.Map
	n.PC, n.S3, n.Internet = "My PC", "Amazon S3", "internet"
	n.Public, n.Private = "public", "private"
	n.Nothing = "Nothing is made yet. Step 3.1 does that."
	n.Table = "route table"
	n.Gone, n.Lost = "Everything is deleted.", "No answer came back."
	n.Why = map[string]string{
		"NO_ROUTE_TO_DESTINATION":                "The route table has no route to S3.",
		"ENI_SG_RULES_MISMATCH":                  "A security group does not allow this traffic.",
		"SUBNET_ACL_RESTRICTION":                 "A network ACL blocks this traffic.",
		"VPCE_GATEWAY_PROTOCOL_RESTRICTION":      "A gateway endpoint carries TCP only. UDP and ICMP vanish without a word.",
		"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS":   "Without a public IP address nothing passes the internet gateway.",
		"VPCE_GATEWAY_EGRESS_SOURCE_RESTRICTION": "This address cannot use the gateway endpoint.",
	}
	n.Through = map[string]string{
		"igw":      "Reached S3 through the internet gateway.",
		"endpoint": "Reached S3 through the gateway endpoint.",
	}

	x := &c.Compare
	x.ListBoth, x.ListChange = "aws s3 ls on both instances", "aws s3 ls, before and after"
	x.Routes, x.Prefix, x.Addresses = "Private route table: before and after", "S3's addresses and the prefix list", "Addresses nslookup gave"
	x.Before, x.After, x.Silent, x.Copied = "(before)", "(after)", "(no output at all)", "Both sides are on the clipboard."

	f := &c.Form
	f.Title, f.Category, f.CategoryAWS = "Create endpoint", "Service category", "AWS services"
	f.Service, f.Tables, f.Policy = "Service", "Route tables", "Policy"
	f.Private, f.Public = "private subnet", "public subnet"
	f.FullAccess, f.Custom, f.Create = "Full access", "Custom", "Create endpoint"
	f.NotInterface = "An interface endpoint is billed by the hour and works differently. This walk takes Gateway."
	f.NotCustom = "This walk uses full access. Policies come in step 5."
	f.Missing = "Something has not been chosen yet."
	f.Hint = "Which subnet's instance is it that has to reach S3?"

	j := &c.Jump
	j.Title, j.BringTitle = "Go to a step", "Something comes before this"
	j.Bring = "Step {step} needs everything up to step {last} first."
	j.BringYes, j.BringNo = "run everything up to step {last} now", "go to the first step that is not done"

	w := &c.Ways
	w.Title, w.Intro = "What now?", "That is not what was expected. Finding out why is part of the lesson."
	w.Again, w.Hint, w.Back, w.Shell = "try again", "show a hint", "look at the previous step", "look around in a shell"
	w.Redo = "run step {step} again; nothing is deleted"
	w.Anew = "delete what step {step} and later ones made, and start there again"
	w.Form = "back to step {step}, and choose the route table again"

	h := &c.Hint
	h.Title, h.Solution, h.ToSolution, h.Notes = "Hint", "Solution", "show the solution", "Trainer's notes"

	s := &c.Shell
	s.Title, s.Intro = "Open a shell", "On which instance?"
	s.Pane = "{host} shell"
	s.Connecting = "Connecting to the {host}"
	s.Back = "{n} lines back"
	s.Whole = "The shell has the whole window already."
	s.Quiet = "no reply for {n} s"
	s.Lost = "The connection to the {host} was lost. s connects again."

	q := &c.Quit
	q.Title, q.Nothing = "Leave?", "There is nothing to delete."
	q.Exists = "**{n} resources** exist in the AWS account."
	q.Costs = "So far they cost about {usd}; kept, they cost about {hour} an hour."
	q.Lab = "The lab has {n} resources. It costs nothing, and the next start goes on from here."
	q.Running = "The running step is stopped safely first."
	q.Stay, q.Keep, q.Leave, q.CleanUp = "stay", "keep everything and quit (go on later)", "quit (go on later)", "delete everything and quit"

	o := &c.Confirm
	o.Word, o.Or = "delete", "” or “"
	o.Type = "To go on, type “{word}” and press Enter."
	o.Wrong = "It takes “{word}”, exactly. esc leaves everything as it is."
	o.More = "… {n} lines more"
	o.RewindTitle = "Undo and repeat"
	o.Rewind = "To repeat step {step}, what was made from there on is deleted first:"
	o.CleanTitle = "Delete everything"
	o.Clean = "Deletes the {n} resources this walk made, and checks one by one that they are gone."
	o.SpendWord = "create"
	o.SpendTitle = "This makes resources in an AWS account"

	pl := &c.Plan
	pl.Account, pl.Region, pl.Session, pl.Cost = "Account", "Region", "Session", "Cost"
	pl.SSHKnown = "Port 22 of the bastion is opened to {cidr} only."
	pl.SSHAsked = "Port 22 of the bastion is opened to your own public address only; checkip.amazonaws.com is asked for it (--ssh-from sets it)."
	pl.About = "about {hour} an hour, {half} for the usual 30 minutes, by the list prices of 2026; your bill from AWS is what counts"
	pl.Billed = "Only the EC2 instances with their EBS volumes and the public IPv4 address are billed by the hour. S3 storage and requests come to less than a cent. All else is free."
	pl.Unpriced = "The prices of this region are not known here. These figures are those of the most expensive region that is."
	pl.Lab = "This is the lab inside this program: nothing is billed. The prices are those of a real account."
	pl.NotReal = "{endpoint} is not AWS."
	pl.Root = "These are the keys of the account's root user, which may do everything. Better make an IAM user or role with the policy of gatewalk policy iam, and use that."
	pl.Makes = "These {n} resources are made, in this order:"
	pl.Free, pl.Hourly, pl.Tags, pl.NoTags = "free", "{hour}/h", "tags", "no tags: it goes with its bucket"
	pl.After = "The last step, or gatewalk cleanup --aws at any time, deletes all of it and then looks whether anything is left. What is made is recorded before it is made, so a closed window or a power cut loses nothing."
	pl.Denied = "{n} rights are missing:"
	pl.Proven = "{n} rights were proven:"
	pl.Open = "{n} rights that AWS can tell only once there is something to use them on:"
	pl.NothingMade = "Nothing was made."
	pl.Reading = "read on"

	e := &c.Finish
	e.Title = "You reached the end"
	e.Learnt = `- S3 is outside the VPC. From a subnet without a way out there is **no answer**, and no error either.
- A gateway endpoint adds a route ` + "`pl-… → vpce-…`" + ` to the **route tables** you choose. That is all that changes.
- **DNS names and addresses stay** the public ones. A gateway endpoint is not PrivateLink.
- Stars in a traceroute prove no private path: without any route they look the same. A **TCP traceroute** to port 443 tells.`
	e.Steps, e.Predictions, e.Time, e.Cost, e.Left = "Steps", "Right guesses", "Time running", "Cost", "Left over"
	e.LeftNow, e.Checked = "{n}", "checked at {at}"
	e.Next = "← looks back at the steps, c shows results side by side. gatewalk report makes a page of it."

	c.Notes.Waiting = "Notes appear here when the presentation shows a step."
	c.Notes.Reset = "restart the timer"

	st := &c.Status
	st.None = "No session is kept."
	st.World, st.Lab = "where", "the lab inside this program"
	st.Since, st.Ago = "begun", "{at} ({ago} ago)"
	st.Walked, st.Nothing = "walked", "nothing yet"
	st.Intended = "(stopped while being made; clean-up looks for it)"
	st.Exists = "exists"
	st.Cost = "{usd} so far, {hour} an hour"
	st.CleanUp = "clean up"
	st.Sum = "In all {n} resources exist, at about {hour} an hour."
	st.Recorded = "As recorded here. gatewalk status --aws asks the account itself."
	st.Asked = "Account {account}, region {region}, asked at {at}: {n} resources bear a session's tag."
	st.AskedNone = "Account {account}, region {region}, asked at {at}: nothing bears a session's tag."
	st.Unrecorded = "not recorded here"
	st.Lost = "gatewalk cleanup --aws --orphans removes what is not recorded, after asking."
	st.Minutes, st.Hours, st.Days = "{n} min", "{n} h", "{n} days"

	a := &c.Say
	a.Tiny = "The window is small ({w}×{h}). Please make it at least {minw}×{minh}."
	a.Broken = "The screen had to be closed because of a bug in it. What was done is kept: start gatewalk again to go on."
	a.Trouble = "Something went wrong:"
	a.Busy, a.NotReady = "A step is running. ctrl+c stops it.", "Not ready yet."
	a.NotHere, a.UnknownKey = "This key does nothing on this screen.", "No such key here. ? shows the keys there are."
	a.AllShown = "There is no more to see."
	a.First, a.Last, a.EscHere = "This is the first step.", "This is the last step.", "Nothing to close. q quits."
	a.NoHint, a.NoNotes = "This step has no hint.", "This step has no notes."
	a.NoCompare = "Nothing to compare yet. Steps 3.3 and 3.5 bring the first pair."
	a.NoShell, a.NoHost = "A recording has no shell.", "No instance to log in to yet. Step 3.1 makes them."
	a.TypeThere = "Commands are typed in a shell. s opens one."
	a.NoLang = "This course has no other language."
	a.AutoStops = "Auto mode stops here. Enter goes on."
	a.Stopping, a.Leaving = "Stopping. Press again to be asked about leaving.", "Stopping safely, then leaving."

	c.Kind = map[string]string{
		"bucket": "S3 bucket", "object": "S3 object", "bucket-policy": "bucket policy",
		"vpc": "VPC", "subnet": "subnet", "internet-gateway": "internet gateway",
		"route-table": "route table", "route": "route", "route-table-association": "route table association",
		"security-group": "security group", "key-pair": "key pair", "role": "IAM role", "role-policy": "IAM policy",
		"instance-profile": "instance profile", "instance": "EC2 instance", "volume": "EBS volume", "vpc-endpoint": "gateway endpoint",
	}
	c.Part = map[string]string{"public": "public", "private": "private", "bastion": "bastion", "sample": "sample"}
	c.Host = map[string]string{"": "my PC", "bastion": "bastion", "private": "private instance"}
	return c
}
