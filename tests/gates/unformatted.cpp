// clang-format must want to change this.
int  add( int a,int b ) { return a+b ; }
