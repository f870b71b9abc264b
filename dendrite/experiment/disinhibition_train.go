package experiment

import (
	"context"
	"microcircuits/dendrite/baseline"
	"microcircuits/dendrite/recall"
	"microcircuits/dendrite/task"
	"microcircuits/dendrite/twostep"
)

// DisinhibitionNet is a trained dendritic network. Index 0 of the curves is before
// learning, index e after epoch e.
type DisinhibitionNet struct {
	Validation, Test []float64 // error, %
	// Mean sizes over the neurons of area 1 and 500 validation images.
	TopDown []float64 // W_1,2 r_2 without the teacher: what there is to cancel
	Apical  []float64 // v_A without the teacher: what the interneurons fail to cancel
	Error   []float64 // what the teacher adds to v_A
	Weights imaginerState
}

// DisinhibitionReading is the trained reader.
type DisinhibitionReading struct {
	Validation, Test []float64 // error, %, by epoch
	Weights          baseline.State[float32]
}

// imaginer is a dendritic network that learns to draw what it sees, too.
type imaginer struct {
	net    *twostep.Network[float32]
	pixels *recall.Projection[float32]
	rate   float64
	r      []float32 // rates of area 1
}

type imaginerState struct {
	Net    twostep.State[float32]
	Pixels recall.State[float32]
}

func (p Disinhibition) imaginer(pixels int, seed uint64) (*imaginer, error) {
	net, err := twostep.New[float32](p.network(pixels), seed)
	if err != nil {
		return nil, err
	}
	projection, err := recall.NewProjection[float32](pixels, p.Hidden, p.Circuit.InitPixels, seed)
	return &imaginer{net, projection, p.Circuit.EtaPixels, make([]float32, p.Batch*p.Hidden)}, err
}

// TrainBatch lets the projection learn from the rates of area 1 that the
// batch's sweep back has left.
func (m *imaginer) TrainBatch(x, target []float32, scale float64) error {
	if err := m.net.TrainBatch(x, target, scale); err != nil {
		return err
	}
	m.pixels.Learn(x, m.net.Read(m.r, twostep.Rate, 1), scale*m.rate)
	return nil
}

func (m *imaginer) Classify(dst []int, x []float32) []int { return m.net.Classify(dst, x) }
func (m *imaginer) State() imaginerState                  { return imaginerState{m.net.State(), m.pixels.State()} }

func (m *imaginer) SetState(s imaginerState) error {
	if err := m.net.SetState(s.Net); err != nil {
		return err
	}
	return m.pixels.SetState(s.Pixels)
}

func imaginerWeights(s imaginerState) [][]float32 {
	return append(twostepWeights(s.Net), s.Pixels.Weights, s.Pixels.Threshold)
}

// trainCircuit takes one network through all epochs.
func (p Disinhibition) trainCircuit(ctx context.Context, w *Work, d *task.Digits, seed uint64) (DisinhibitionNet, error) {
	m, err := p.imaginer(d.Train.Pixels, seed)
	if err != nil {
		return DisinhibitionNet{}, err
	}
	target, err := targetPotentials(p.TargetOff, p.TargetOn)
	if err != nil {
		return DisinhibitionNet{}, err
	}
	t := trainer[imaginerState]{MNIST{Epochs: p.Epochs, Batch: p.Batch}, "learned feedback", m, imaginerWeights, target, p.Circuit.Decay, "lower Circuit.EtaUp, or raise EtaIP and EtaPI so that the interneurons keep up", seed}
	c, err := t.run(ctx, w, d, func(c *MNISTCurve) error {
		if c.Apical == nil {
			c.TopDown, c.Apical, c.ApicalTeacher = make([][]float64, 1), make([][]float64, 1), make([][]float64, 1)
		}
		probe := d.Validation.Slice(0, min(500, d.Validation.Len()))
		if err := m.net.Sweep(probe.Images, nil); err != nil {
			return err
		}
		c.TopDown[0] = append(c.TopDown[0], meanSize(m.net.Read(nil, twostep.TopDown, 1)))
		silent := m.net.Read(nil, twostep.Apical, 1)
		c.Apical[0] = append(c.Apical[0], meanSize(silent))
		if err := m.net.Sweep(probe.Images, targets(probe.Labels, target)); err != nil {
			return err
		}
		taught := m.net.Read(nil, twostep.Apical, 1)
		for i, v := range silent {
			taught[i] -= v
		}
		c.ApicalTeacher[0] = append(c.ApicalTeacher[0], meanSize(taught))
		return nil
	})
	if err != nil {
		return DisinhibitionNet{}, err
	}
	return DisinhibitionNet{c.Validation, c.Test, c.TopDown[0], c.Apical[0], c.ApicalTeacher[0], m.State()}, nil
}

// readerSeed is that of no dendritic network with a likely number of seeds: the
// reader is independent of what it reads.
const readerSeed = 1_000_003

func (p Disinhibition) trainReader(ctx context.Context, w *Work, d *task.Digits) (DisinhibitionReading, error) {
	net, err := baseline.New[float32](p.reader(d.Train.Pixels), readerSeed)
	if err != nil {
		return DisinhibitionReading{}, err
	}
	digits := MNIST{Epochs: p.Reader.Epochs, Batch: p.Batch}
	t := trainer[baseline.State[float32]]{digits, "reader", net, baselineWeights, [2]float32{0, 1}, "linear", "lower Reader.Eta", readerSeed}
	c, err := t.run(ctx, w, d, nil)
	return DisinhibitionReading{c.Validation, c.Test, net.State()}, err
}
