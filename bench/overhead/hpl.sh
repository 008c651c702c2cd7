#!/bin/sh
# HPL from Debian's hpcc, one process: COUNT sizes FIRST, FIRST + STEP, ... one after the other, so that no matrix comes twice. hpcc
# also runs its other sections; `seconds` is what HPL's own clock says of its solutions.
#   hpl.sh DIRECTORY FIRST STEP COUNT
set -eu
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_ess_singleton_isolated=1 LC_ALL=C
mkdir -p "$1"
cd "$1"
rm -f hpccoutf.txt
sizes=$(seq "$2" "$3" $(($2 + $3 * ($4 - 1))) | tr '\n' ' ')
cat > hpccinf.txt <<END
HPLinpack benchmark input file
Innovative Computing Laboratory, University of Tennessee
HPL.out      output file name (if any)
8            device out (6=stdout,7=stderr,file)
$(echo "$sizes" | wc -w)            # of problems sizes (N)
$sizes         Ns
1            # of NBs
128          NBs
0            PMAP process mapping (0=Row-,1=Column-major)
1            # of process grids (P x Q)
1            Ps
1            Qs
16.0         threshold
1            # of panel fact
2            PFACTs (0=left, 1=Crout, 2=Right)
1            # of recursive stopping criterium
4            NBMINs (>= 1)
1            # of panels in recursion
2            NDIVs
1            # of recursive panel fact.
1            RFACTs (0=left, 1=Crout, 2=Right)
1            # of broadcast
1            BCASTs (0=1rg,1=1rM,2=2rg,3=2rM,4=Lng,5=LnM)
1            # of lookahead depth
1            DEPTHs (>=0)
2            SWAP (0=bin-exch,1=long,2=mix)
64           swapping threshold
0            L1 in (0=transposed,1=no-transposed) form
0            U  in (0=transposed,1=no-transposed) form
1            Equilibration (0=no,1=yes)
8            memory alignment in double (> 0)
##### This line is ignored: what follows is for PTRANS, which reads what is not set where it is missing. #####
0            Number of additional problem sizes for PTRANS
1200         values of N
0            number of additional blocking sizes for PTRANS
40           values of NB
END
hpcc
awk '/^WR/ { seconds += $6 } /^\|\|Ax-b/ { print } END { printf "seconds %.3f\n", seconds }' hpccoutf.txt
