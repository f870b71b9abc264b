package task_test

import (
	"fmt"

	"microcircuits/dendrite/task"
)

// Ten thousand training images in the order of the third epoch.
func Example() {
	digits, err := task.MNIST("") // or the name of a folder of IDX files
	if err != nil {
		fmt.Println(err)
		return
	}
	part := digits.Train.Slice(0, 10000)
	order := make([]int, part.Len())
	task.Permutation(order, 1, 2)
	target := make([]float32, task.Classes)
	for _, i := range order {
		_ = part.Image(i) // the network's input
		task.OneHot(target, int(part.Labels[i]), -2.1972, 1.3863)
	}
	fmt.Println(digits.Name, digits.Train.Len(), digits.Validation.Len(), digits.Test.Len(), len(part.Image(0)))
	// Output: MNIST 55000 5000 10000 784
}
