package world

// DeleteVolume removes a volume that no instance uses. In the lab each volume
// is its instance's root and goes with it, so what is left to say is no: it is
// in use (EC2 API reference, DeleteVolume), or gone.
func (tx *Tx) DeleteVolume(id string) error {
	v, err := find(&tx.Volumes, "vol", id)
	if err != nil {
		return err
	}
	if v.InstanceID != "" {
		return refuse("VolumeInUse", "Volume %s is currently attached to %s", id, v.InstanceID)
	}
	tx.Volumes.Delete(id)
	return nil
}
