package report

// paper is the publication whose figures are reproduced.
type paper struct {
	Title, Authors, Where, Link, BibTeX string
}

var thePaper = paper{
	Title:   "Dendritic error backpropagation in deep cortical microcircuits",
	Authors: "João Sacramento, Rui Ponte Costa, Yoshua Bengio and Walter Senn",
	Where:   "arXiv:1801.00062 (2017)",
	Link:    "https://arxiv.org/abs/1801.00062",
	BibTeX: `@misc{sacramento2017dendritic,
  title         = {Dendritic error backpropagation in deep cortical microcircuits},
  author        = {Sacramento, Jo{\~a}o and Costa, Rui Ponte and Bengio, Yoshua and Senn, Walter},
  year          = {2017},
  eprint        = {1801.00062},
  archivePrefix = {arXiv}
}

@inproceedings{sacramento2018dendritic,
  title     = {Dendritic cortical microcircuits approximate the backpropagation algorithm},
  author    = {Sacramento, Jo{\~a}o and Costa, Rui Ponte and Bengio, Yoshua and Senn, Walter},
  booktitle = {Advances in Neural Information Processing Systems 31},
  year      = {2018}
}`,
}
