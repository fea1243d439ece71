package world

// upgrade brings a world that an earlier version of the program saved up to
// date, and says whether it had to.
func (s *State) upgrade() bool {
	if s.Version == Version {
		return false
	}
	// Version 1 was also written while it grew, so each of what it came to have
	// may be there already.
	for _, l := range RegionData(s.Region).PrefixLists {
		if s.PrefixLists[l.ID] == nil {
			s.PrefixLists[l.ID] = l
		}
	}
	for id, i := range s.Interfaces {
		// A public address that is no Elastic IP came with the instance, and
		// comes again at its next start.
		if i.InstanceID != "" && i.PublicIP.IsValid() && i.AllocationID == "" && !i.AutoPublic {
			i = i.clone()
			i.AutoPublic = true
			s.Interfaces[id] = i
		}
	}
	s.Version = Version
	s.index = newIndex(s, s.index)
	return true
}
