//! eigen::tridiagonal: real symmetric tridiagonal matrices, and closed forms of constant ones.
//!
//! `sturm` evaluates the characteristic polynomial at many points at once, `search` finds eigenvalues by it, `constant`
//! knows the eigenpairs of Toeplitz matrices. `d` is the diagonal, `e[i]` couples i and i + 1.

pub(super) mod constant;
mod search;
mod sturm;

pub(super) use search::values;
