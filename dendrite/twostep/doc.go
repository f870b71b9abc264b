// Package twostep is the dendritic microcircuit network in discretised time,
// for images: one sweep forward, a nudge of the output, one sweep back, then
// one change of the weights (Sacramento et al. 2018, arXiv:1810.11393, section
// 3.4; the formulas below make its text explicit and settle what it leaves
// open).
//
// # The model
//
// Areas are numbered 0 (the input, given as rates) to N (the output). A batch
// of images is handled together and weight changes are averaged over it. With
// phi(u) = 1/(1+exp(-u)) and rates r = phi(u):
//
//  1. Forward, k = 1..N: v_B,k = W_k,k-1 r_k-1 + b_k is the basal potential of
//     the pyramidal neurons, and their soma follows it. The interneurons of a
//     hidden area, one for each pyramidal neuron of the next area, take their
//     bottom-up prediction v_I,k = W_IP,k r_k + c_k.
//  2. Nudge: u_N = (1-lambda_N) v_B,N + lambda_N u_target; without a teacher
//     u_N = v_B,N.
//  3. Backward, k = N-1..1: u_I,k = (1-lambda_I) v_I,k + lambda_I u_k+1; the
//     apical potential is v_A,k = W_k,k+1 r_k+1 + W_PI,k phi(u_I,k); and the
//     soma mixes it with the basal potential, see [Mixing].
//  4. Learning (equations 7 to 10), all from the state before any change:
//     W_k,k-1 += eta (phi(u_k) - phi(vhat_k)) r_k-1,
//     W_IP,k += eta (phi(u_I,k) - phi(v_I,k)) r_k,
//     W_PI,k += eta (0 - v_A,k) phi(u_I,k),
//     W_k,k+1 += eta (phi(u_k) - phi(W_k,k+1 r_k+1)) r_k+1.
//
// The predictions vhat_k and v_I,k are those of the forward sweep; presynaptic
// rates are the final ones of the backward sweep. Thresholds b and c are
// weights from an input fixed at 1 and learn as such.
//
// Every difference phi(u) - phi(v) is computed from the difference of
// potentials where that is small, so that float32 keeps its digits under weak
// nudging. Where W_PI = -W_k,k+1 exactly and neither learns, v_A is one product
// W_k,k+1 (phi(u_k+1) - phi(u_I,k)).
//
// In the self-predicting state (the default start) and without a teacher, v_A
// and all weight changes are zero: exactly with additive mixing, to rounding
// with convex mixing.
//
// A network without hidden areas is the single-layer network of the paper's
// MNIST figure: the same output rule on the input directly.
//
// # Cost
//
// For 784-500-500-10 with W_IP plastic and W_PI fixed, one image takes about
// 1.4 million multiply-adds if 19 % of its pixels are not zero: 0.25 million
// each for the 500 x 500 matrices W_21 (forward, update), W_IP,1 (forward,
// update) and W_12 (back), 0.075 each for W_10 (forward, update). A batch of
// ten skips the inputs that are zero in all ten, which costs up to 1.7 million.
// The weights are 4.6 MB; a batch of ten reads them once and writes the plastic
// ones back, about 9 MB, which one image alone would move too.
package twostep
