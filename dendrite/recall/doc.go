// Package recall lets a trained two-step network make images from its top-down
// input: the VIP gate silences the SST interneurons, whose inhibition otherwise
// cancels that input, and the areas below then follow what the areas above
// predict (Sacramento et al. 2018, arXiv:1801.00062, figure 5).
//
// That figure's protocol is not known in detail. What is certain is that VIP
// interneurons suppress lateral inhibition during recall, and that prototypes
// are generated and inputs denoised that way; the formulas below are a
// reconstruction, and every figure of their results should say so.
//
// # The model
//
// Areas and symbols are those of package twostep; the teacher is off and
// nothing is plastic. The gate g goes from 0, full inhibition, to 1, none:
//
//	v_A,k = W_k,k+1 r_k+1 + (1-g) W_PI,k phi(u_I,k)
//	u_k   = (1-g) vhat_k + v_A,k                        k = N-1..1
//
// from the output down, where r_k+1 is the rate just recalled in the area above
// and u_I,k = (1-lambda_I) v_I,k + lambda_I u_k+1 as in learning; vhat_k, v_I,k
// and the output are those of a forward sweep. While the gate opens, the drive of
// the soma changes from basal to apical, and the apical weight is 1, not lambda_k:
// rule (10) makes phi(W_k,k+1 r_k+1), unattenuated, the prediction of r_k. At
// g = 0 the soma receives what the interneurons do not cancel with weight 1, but
// with lambda_k in learning; the two are the same in the self-predicting state.
//
// A projection from area 1 back onto the input, learned by the same rule,
// turns rates of area 1 into images: phi(W_0,1 r_1 + b_0). It has no effect on
// the network. [Circuit] puts both together.
package recall
